/** From the scores of one row to its likeliest tokens and their log-probabilities. */

import type { BestCandidates } from "./best-candidates.ts";
import { allows, type TokenRanges } from "./search-constraint.ts";
import { sumExp } from "./sum-exp.ts";

/** One row of a session's scores, and what may follow it. */
export interface ScoredRow {
  /** [rows, vocab], of which this row is the `row`-th. */
  readonly scores: Float32Array;
  readonly vocabSize: number;
  readonly row: number;
  /** Only these ids may follow (default: all). */
  readonly allowed: TokenRanges | undefined;
  /** Over which ids the probabilities add up to 1. */
  readonly normalizeOver: "allowed" | "vocabulary";
  /** Ids never to choose, though they keep their share of the probability. */
  readonly banned: readonly number[];
  /** The only id that may follow, where the length leaves no other. */
  readonly only: number | undefined;
}

/** Puts the row's likeliest tokens in `out` by their scores as they are, in one pass. */
export function likeliestOf(from: ScoredRow, out: BestCandidates): void {
  const { vocabSize, allowed, only } = from;
  out.count = 0;
  if (only !== undefined) {
    if (!allowed || allows(allowed, only)) offerRange(from, only, only + 1, out);
  } else if (allowed) {
    for (let i = 0; i < allowed.length; i += 2) {
      offerRange(from, allowed[i]!, allowed[i + 1]!, out);
    }
  } else offerRange(from, 0, vocabSize, out);
}

function offerRange(from: ScoredRow, first: number, end: number, out: BestCandidates): void {
  const { scores, row, banned } = from;
  const start = row * from.vocabSize;
  let { least } = out;
  for (let id = first; id < end; id++) {
    const score = scores[start + id]!;
    if (!(score > least) || banned.includes(id)) continue; // NaN is never above
    out.offer(row, id, score);
    ({ least } = out);
  }
}

/**
 * log sum exp of the scores over which the row's probabilities add up to 1.
 *
 * @throws Error where it is not finite
 */
export function normaliserOf(from: ScoredRow): number {
  const { scores, row, vocabSize } = from;
  const start = row * vocabSize;
  const within = from.normalizeOver === "allowed" ? from.allowed : undefined;
  const ranges = within ?? [0, vocabSize];
  let most = -Infinity;
  for (let i = 0; i < ranges.length; i += 2) {
    for (let at = start + ranges[i]!; at < start + ranges[i + 1]!; at++) {
      if (scores[at]! > most) most = scores[at]!;
    }
  }
  let sum = 0;
  for (let i = 0; i < ranges.length; i += 2) {
    sum += sumExp(scores, start + ranges[i]!, start + ranges[i + 1]!, most);
  }
  const normaliser = most + Math.log(sum);
  if (Number.isFinite(normaliser)) return normaliser;
  throw new Error(
    `the model's scores of the next token add up to ${normaliser}: its weights are damaged, or ` +
      "a computation overflowed",
  );
}
