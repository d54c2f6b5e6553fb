/** Chooses the next token. */

import { createRandom } from "../nn/random.ts";
import { argmax, Candidates, findCandidates, scoreTokens, weighAll } from "./candidates.ts";
import { TokenHistory } from "./history.ts";
import type { Sampling } from "./sampling.ts";

export interface SamplerOptions {
  /** Tokens of the model. */
  readonly vocabSize: number;
  /** Same seed, same choices (default: a random one). */
  readonly seed?: number;
  /** Ids from here on are padding rows of the embedding and never chosen (default: vocabSize). */
  readonly usedVocab?: number;
  /** Further ids never to choose. */
  readonly masked?: Int32Array;
  /** Added to the logits of these ids, before penalties. */
  readonly bias?: ReadonlyMap<number, number>;
  /** Memory to work in, of `usedVocab`; samplers that take turns may share one. */
  readonly workspace?: Candidates;
}

export interface Sampler {
  /** Tells the repetition penalty what came before. */
  addPrompt(ids: ArrayLike<number>): void;
  /** Tells the penalties what was generated: a choice, or what was put in its place. */
  addGenerated(id: number): void;
  /**
   * @param logits f32 [vocab], left as they are
   * @param allowed bit i % 32 of word i >> 5: token i may be chosen (default: all)
   */
  pick(logits: Float32Array, allowed?: Uint32Array): number;
  /** Log sum exp of the logits last picked from, where picking computed it. */
  readonly normaliser: number | undefined;
}

/** Below this a temperature would only overflow the logits: the likeliest token is taken. */
const COLDEST = 1e-5;

/** @example createSampler({ ...greedy, temperature: 0.7, topP: 0.8 }, { vocabSize, seed: 1 }) */
export function createSampler(sampling: Sampling, options: SamplerOptions): Sampler {
  const { vocabSize, usedVocab = vocabSize } = options;
  const masked = options.masked?.length ? options.masked : undefined;
  const bias = options.bias?.size ? options.bias : undefined;
  const { seed = Math.floor(Math.random() * 2 ** 32) } = options;
  const random = createRandom(seed, "sampler");
  const size = Math.min(usedVocab, vocabSize);
  const candidates = options.workspace ?? new Candidates(size);
  if (candidates.scores.length !== size) {
    throw new RangeError(
      `createSampler: the workspace is for ${candidates.scores.length} tokens, expected ${size}`,
    );
  }
  const hasPenalty =
    sampling.repetitionPenalty !== 1 ||
    sampling.presencePenalty !== 0 ||
    sampling.frequencyPenalty !== 0;
  const history = hasPenalty ? new TokenHistory(vocabSize) : undefined;
  const { temperature, topK, topP, minP } = sampling;
  const isGreedy = temperature < COLDEST;
  const isPlain = temperature === 1 && topK === 0 && topP === 1 && minP === 0;
  let normaliser: number | undefined;
  return {
    get normaliser() {
      return normaliser;
    },
    addPrompt: (ids) => history?.addPrompt(ids),
    addGenerated: (id) => history?.addGenerated(id),
    pick(logits, allowed) {
      const adjustments = { history, masked, bias, allowed };
      if (isGreedy) {
        if (!history && !masked && !bias && !allowed) return argmax(logits, size);
        return argmax(scoreTokens(logits, sampling, adjustments, candidates));
      }
      normaliser = undefined;
      if (isPlain && !history && !masked && !bias && !allowed) {
        const sum = weighAll(logits, candidates);
        if (size === logits.length) normaliser = sum;
        return draw(candidates, random.uniform());
      }
      findCandidates(logits, sampling, adjustments, candidates);
      return draw(candidates, random.uniform());
    },
  };
}

/** The candidate at `u` of the total weight, u in [0, 1). */
export function draw({ ids, weights, count }: Candidates, u: number): number {
  let total = 0;
  for (let i = 0; i < count; i++) total += weights[i]!;
  let left = u * total;
  let last = 0;
  for (let i = 0; i < count; i++) {
    if (weights[i] === 0) continue;
    last = i;
    left -= weights[i]!;
    if (left < 0) break;
  }
  return ids[last]!;
}
