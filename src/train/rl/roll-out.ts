/** Sampled answers for reinforcement learning, from the engine that also serves. */

import { setMaxListeners } from "node:events";
import type { Engine } from "../../generate/engine/types.ts";

/** One sampled answer. */
export interface RolledAnswer {
  readonly prompt: ArrayLike<number>;
  /** With the token that ended it, unless it was cut. */
  readonly tokens: readonly number[];
  readonly text: string;
  /** The model ended it; otherwise it met the limit of tokens. */
  readonly isComplete: boolean;
  /** The engine's log-probability of each token, at temperature 1. */
  readonly scores: Float32Array;
}

export interface RollOutOptions {
  /** Answers to each prompt. */
  readonly answers: number;
  readonly temperature: number;
  readonly maxTokens: number;
  readonly stopTokens: readonly number[];
  /** Each prompt samples from a stream of its own. */
  readonly seed: number;
  readonly signal?: AbortSignal;
}

/**
 * Samples `answers` answers to each prompt, as many at a time as the engine has slots. Nothing but
 * the temperature shapes the distribution: importance ratios need the probability of what was
 * really sampled.
 *
 * @param engine from `createEngine` with a tokenizer and a queue of at least `answers`
 * @returns one group a prompt, in their order
 */
export async function rollOut(
  engine: Engine,
  prompts: readonly ArrayLike<number>[],
  { answers, seed, signal, ...sampling }: RollOutOptions,
): Promise<RolledAnswer[][]> {
  // Every answer under way listens to it: many at a time are no leak.
  const own = signal && AbortSignal.any([signal]);
  if (own) setMaxListeners(0, own);
  const options = { ...sampling, signal: own };
  const groups = new Array<RolledAnswer[]>(prompts.length);
  const workers = Math.max(1, Math.ceil(engine.stats.slots / answers));
  let next = 0;
  const work = async (): Promise<void> => {
    for (let i = next++; i < prompts.length; i = next++) {
      const prompt = prompts[i]!;
      const streams = engine.generate(
        { ...options, prompt, seed: seed + i, topP: 1, topK: 0, minP: 0, logprobs: 0 },
        answers,
      );
      groups[i] = await Promise.all(
        streams.map(async (stream): Promise<RolledAnswer> => {
          const tokens: number[] = [];
          const scores: number[] = [];
          let text = "";
          for (;;) {
            const { done, value } = await stream.next();
            if (done) {
              options.signal?.throwIfAborted();
              const isComplete = value.finishReason === "stop";
              return { prompt, tokens, text, isComplete, scores: Float32Array.from(scores) };
            }
            tokens.push(value.token);
            scores.push(value.logprob!);
            text += value.text;
          }
        }),
      );
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  return groups;
}
