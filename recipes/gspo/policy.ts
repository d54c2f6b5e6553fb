/** The small policies that are compared: a mixture of experts, and a dense twin of its active size. */

import type { NDArray } from "../../src/graph/ndarray.ts";
import type { WeightSource } from "../../src/graph/program.ts";
import type { Tokenizer } from "../../src/media/text/index.ts";
import type { DecoderConfig } from "../../src/models/index.ts";
import { initialise } from "../../src/nn/index.ts";
import {
  bucketedBatches,
  defaultAdamW,
  languageModelGradient,
  Trainer,
} from "../../src/train/index.ts";
import { drawSums, toSequence, VOCABULARY } from "./task.ts";

const LAYERS = 3;
const WIDTH = 64;
const EXPERT = 64;
const TOP_K = 2;

/** 8 experts of which a token takes 2; or an MLP as wide as those two. */
export function policyConfig(isSparse: boolean): DecoderConfig {
  return {
    modelType: isSparse ? "qwen3_moe" : "qwen3",
    vocabSize: VOCABULARY,
    hiddenSize: WIDTH,
    intermediateSize: TOP_K * EXPERT,
    layers: LAYERS,
    heads: 4,
    kvHeads: 4,
    headDim: 16,
    normEpsilon: 1e-6,
    tiedHead: true,
    maxPositions: 128,
    rope: { type: "default", theta: 10_000, width: 16 },
    windows: new Array(LAYERS).fill(0),
    qkvBias: false,
    outputBias: false,
    qkNorm: true,
    initializerRange: 0.05,
    ...(isSparse && {
      moe: {
        experts: 8,
        topK: TOP_K,
        inner: EXPERT,
        normalise: true,
        sharedInner: 0,
        layers: new Array(LAYERS).fill(true),
      },
    }),
  };
}

export interface WarmStartOptions {
  readonly seed: number;
  /** Steps of supervised training. */
  readonly steps: number;
  readonly onStep?: (step: number) => void;
  readonly signal?: AbortSignal;
}

/** Supervised training up to a policy that is right now and then: reinforcement needs some success. */
export async function warmStart(
  config: DecoderConfig,
  tokenizer: Tokenizer,
  { seed, steps, onStep, signal }: WarmStartOptions,
): Promise<WeightSource> {
  const initial = initialise(languageModelGradient(config).parameters, seed);
  using trainer = await Trainer.create({
    config,
    weights: ({ name }) => initial.get(name)!,
    optimizer: { ...defaultAdamW, weightDecay: 0 },
    learningRate: 3e-3,
    schedule: { kind: "cosine", warmup: 20, steps },
    threads: 1,
  });
  const source = bucketedBatches({
    pool: (k) => drawSums(256, seed, `warm start ${k}`).map((sum) => toSequence(sum, tokenizer)),
    tokensPerBatch: 64 * 48,
    seed,
  });
  while (trainer.steps < steps) {
    await trainer.step([source.next()], signal);
    onStep?.(trainer.steps);
  }
  const learned = new Map(
    Array.from(trainer.memory.parameters, ([name, array]): [string, NDArray] => [
      name,
      { ...array, data: (array.data as Float32Array).slice() },
    ]),
  );
  return ({ name }) => learned.get(name)!;
}
