/** Several sentences drawn from one source, side by side. */

import { createSampler } from "../sampler.ts";
import { mergeSampling, type Sampling } from "../sampling.ts";
import type { Hypothesis } from "./beam-rows.ts";
import { createNextTokens } from "./next-tokens.ts";
import { normaliserOf, type ScoredRow } from "./row-scores.ts";
import { checkSearchOptions, type SearchOptions } from "./search-options.ts";
import { checkStart, type SearchStart } from "./target-session.ts";

/** Sampling that is left out is plain: temperature 1, nothing cut. */
export interface SampleOptions extends SearchOptions, Partial<Sampling> {
  /** Sentences to draw; all are kept (default 1). */
  readonly count?: number;
  /** Same seed, same sentences (default 0). */
  readonly seed?: number;
}

/**
 * Draws sentences; each row has its own random numbers, so the first ones do not change with
 * `count`. Log-probabilities are the model's: before temperature, cuts and penalties.
 *
 * @returns `count` sentences in the order of drawing, scores not normalised by length
 *
 * @example
 * const codes = { ...rules, constraint: onlyBlock(block, 2), topK: 256, count: 24, seed: 1 };
 * const samples = await sampleSentences({ session, scores }, codes);
 */
export async function sampleSentences(
  start: SearchStart,
  options: SampleOptions,
): Promise<Hypothesis[]> {
  const { session } = start;
  const { vocabSize } = session;
  const { count = 1, seed = 0 } = options;
  checkStart(start, "sampleSentences");
  const checked = checkSearchOptions(options, vocabSize, "sampleSentences");
  if (!Number.isInteger(count) || count < 1) {
    throw new RangeError(`sampleSentences: count is ${count}, expected an integer of at least 1`);
  }
  const { eos, prefix, signal } = checked;
  const sampling = mergeSampling(options, { temperature: 1 });
  const nextTokens = createNextTokens(checked, vocabSize);
  const words = new Uint32Array(Math.ceil(vocabSize / 32));
  const samples = Array.from({ length: count }, (_, i) => {
    const sampler = createSampler(sampling, { vocabSize, seed: seed + i });
    sampler.addPrompt(prefix);
    return { sampler, tokens: [] as number[], tokenScores: [] as number[] };
  });
  let open = samples;
  let { scores } = start;
  for (;;) {
    signal?.throwIfAborted();
    const isFirst = open[0]!.tokens.length === 0; // all rows are the start's one row
    const parents: number[] = [];
    for (const [i, { sampler, tokens, tokenScores }] of open.entries()) {
      const row = isFirst ? 0 : i;
      const from = nextTokens(scores, row, tokens, tokens.length);
      const logits = scores.subarray(row * vocabSize, (row + 1) * vocabSize);
      const token = sampler.pick(logits, bitsOf(from, words));
      sampler.addGenerated(token);
      tokens.push(token);
      tokenScores.push(logits[token]! - normaliserOf(from));
      if (token !== eos) parents.push(row);
    }
    const left = open.filter(({ tokens }) => tokens.at(-1) !== eos);
    if (left.length === 0) break;
    if (isFirst || left.length < open.length) await session.reorder(parents);
    open = left;
    scores = await session.step(open.map(({ tokens }) => tokens.at(-1)!));
  }
  return samples.map(({ tokens, tokenScores }) => ({
    tokens: Int32Array.from(tokens),
    tokenScores: Float64Array.from(tokenScores),
    score: tokenScores.reduce((sum, x) => sum + x, 0),
  }));
}

/** Bit i % 32 of word i >> 5: id i may follow. Undefined where all may. */
function bitsOf(from: ScoredRow, words: Uint32Array): Uint32Array | undefined {
  const { vocabSize, allowed, only, banned } = from;
  if (!allowed && only === undefined && banned.length === 0) return undefined;
  words.fill(0);
  const ranges = allowed ?? [0, vocabSize];
  for (let i = 0; i < ranges.length; i += 2) setBits(words, ranges[i]!, ranges[i + 1]!);
  for (const id of banned) words[id >> 5]! &= ~(1 << (id & 31));
  if (only !== undefined) {
    const bit = words[only >> 5]! & (1 << (only & 31));
    words.fill(0);
    words[only >> 5] = bit;
  }
  return words;
}

function setBits(words: Uint32Array, first: number, end: number): void {
  let id = first;
  for (; id < end && (id & 31) !== 0; id++) words[id >> 5]! |= 1 << (id & 31);
  const whole = Math.max(id, end & ~31);
  words.fill(0xffff_ffff, id >> 5, whole >> 5);
  for (id = whole; id < end; id++) words[id >> 5]! |= 1 << (id & 31);
}
