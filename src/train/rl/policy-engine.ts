/** The serving engine over parameters that are being trained. */

import { createEngine, type Engine } from "../../generate/index.ts";
import type { NDArray } from "../../graph/ndarray.ts";
import type { Port, WeightSource } from "../../graph/program.ts";
import type { Tokenizer } from "../../media/text/types.ts";
import type { DecoderConfig } from "../../models/decoder.ts";
import type { Trainer } from "../trainer.ts";

export interface PolicyEngineOptions {
  readonly config: DecoderConfig;
  /** Of the parameters that are frozen. */
  readonly weights: WeightSource;
  readonly tokenizer: Tokenizer;
  /** Answers sampled at a time (default 16). */
  readonly slots?: number;
  /** Answers to a prompt. */
  readonly answers: number;
  /** Most tokens of prompt and answer together (default: the engine's). */
  readonly context?: number;
  readonly threads?: number;
}

/**
 * The engine reads the very memory that the optimiser writes: it always samples from the present
 * policy. A prompt's cache belongs to the weights that filled it, so none is kept.
 */
export function policyEngine(
  trainer: Trainer,
  { config, weights, tokenizer, slots = 16, answers, context, threads }: PolicyEngineOptions,
): Promise<Engine> {
  const policy = {
    config,
    weights: (port: Port): NDArray => trainer.memory.parameters.get(port.name) ?? weights(port),
  };
  return createEngine(policy, tokenizer, {
    slots,
    queue: slots + answers,
    context,
    prefixCache: false,
    engine: { threads },
  });
}
