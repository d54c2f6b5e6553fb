/**
 * Beam search as fairseq has it (`sequence_generator.py`, `search.py`) and OFA after it:
 * - each step looks at the best 2·beam continuations of all rows together;
 * - an end token among the first `beam` of them finishes a hypothesis, a later one is dropped;
 * - the first `beam` others go on;
 * - the search is over with `beam` finished hypotheses, or behind the end forced at maxLength.
 *
 * Continuations of probability 0 are not followed. (fairseq keeps them as rows that never win.)
 */

import {
  type BeamRows,
  createBeamRows,
  extendRow,
  finishRow,
  type Hypothesis,
} from "./beam-rows.ts";
import { BestCandidates } from "./best-candidates.ts";
import { createNextTokens, type NextTokens, nothingFollows } from "./next-tokens.ts";
import { likeliestOf, normaliserOf } from "./row-scores.ts";
import { checkSearchOptions, type SearchOptions } from "./search-options.ts";
import { checkStart, type SearchStart } from "./target-session.ts";

export interface BeamSearchOptions extends SearchOptions {
  /** Rows that are followed, and hypotheses to find (default 5). */
  readonly beam?: number;
  /** Divides scores by length^lengthPenalty, the end token counted (default true). */
  readonly normalize?: boolean;
  /** Above 1 favours long sentences, below 1 short ones (default 1). */
  readonly lengthPenalty?: number;
}

/**
 * The likeliest sentences that a beam finds, best first. The prefix is not part of their scores.
 *
 * @returns at least one hypothesis, at most `beam`
 * @throws Error where none can be finished
 *
 * @example
 * const [best] = await beamSearch({ session, scores }, { eos: 2, maxLength: 16, noRepeatNgram: 3 });
 */
export async function beamSearch(
  start: SearchStart,
  options: BeamSearchOptions,
): Promise<Hypothesis[]> {
  const { session } = start;
  const { beam = 5, normalize = true, lengthPenalty = 1 } = options;
  checkStart(start, "beamSearch");
  const checked = checkSearchOptions(options, session.vocabSize, "beamSearch");
  if (!Number.isInteger(beam) || beam < 1) {
    throw new RangeError(`beamSearch: beam is ${beam}, expected an integer of at least 1`);
  }
  const { eos, maxLength, signal } = checked;
  const offerNext = createOffers(createNextTokens(checked, session.vocabSize), 2 * beam);
  const best = new BestCandidates(2 * beam);
  const finished: Hypothesis[] = [];
  const parents: number[] = [];
  const fed: number[] = [];
  let current = createBeamRows(beam, maxLength);
  let next = createBeamRows(beam, maxLength);
  let rows = 1;
  let { scores } = start;
  let length = 0;
  for (; ; length++) {
    signal?.throwIfAborted();
    best.count = 0;
    for (let row = 0; row < rows; row++) offerNext(scores, current, row, length, best);
    parents.length = 0;
    fed.length = 0;
    for (let i = 0; i < best.count && finished.length < beam; i++) {
      const row = best.rows[i]!;
      const token = best.tokens[i]!;
      const sum = best.scores[i]!;
      if (token === eos && i < beam) {
        const divisor = normalize ? (length + 1) ** lengthPenalty : 1;
        finished.push(finishRow(current, row, length, eos, sum, divisor));
      } else if (token !== eos && parents.length < beam) {
        extendRow(current, row, length, next, parents.length, token, sum);
        parents.push(row);
        fed.push(token);
      }
    }
    if (finished.length === beam || parents.length === 0) break;
    if (rows !== parents.length || !isInOrder(parents)) await session.reorder(parents);
    scores = await session.step(fed);
    rows = parents.length;
    [current, next] = [next, current];
  }
  if (finished.length === 0) throw nothingFollows("beamSearch", length);
  return finished.sort((a, b) => b.score - a.score);
}

type Offers = (
  scores: Float32Array,
  rows: BeamRows,
  row: number,
  length: number,
  best: BestCandidates,
) => void;

/** Offers what may follow a row of `length` tokens, by the log-probability of the whole. */
function createOffers(nextTokens: NextTokens, capacity: number): Offers {
  const likeliest = new BestCandidates(capacity);
  return (scores, { tokens, sums }, row, length, best) => {
    const from = nextTokens(scores, row, tokens[row]!, length);
    likeliestOf(from, likeliest);
    if (likeliest.count === 0) return;
    const before = length === 0 ? 0 : sums[row]![length - 1]!;
    const normaliser = normaliserOf(from);
    for (let i = 0; i < likeliest.count; i++) {
      const sum = before + (likeliest.scores[i]! - normaliser);
      if (sum <= best.least) break;
      best.offer(row, likeliest.tokens[i]!, sum);
    }
  };
}

function isInOrder(parents: readonly number[]): boolean {
  for (let i = 0; i < parents.length; i++) if (parents[i] !== i) return false;
  return true;
}
