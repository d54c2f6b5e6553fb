/** What may follow each row, by all rules of a search: the same for greedy and beam search. */

import { banRepeatedNgrams } from "./repeated-ngrams.ts";
import type { ScoredRow } from "./row-scores.ts";
import type { CheckedOptions } from "./search-options.ts";

/**
 * A view of row after row, the same object each time.
 *
 * @param tokens of the row; the first `length` count
 */
export type NextTokens = (
  scores: Float32Array,
  row: number,
  tokens: ArrayLike<number>,
  length: number,
) => ScoredRow;

export function createNextTokens(options: CheckedOptions, vocabSize: number): NextTokens {
  const { eos, minLength, maxLength, noRepeatNgram, prefix, constraint } = options;
  const banned: number[] = [];
  const normalizeOver = constraint?.normalizeOver ?? "vocabulary";
  const view: { -readonly [K in keyof ScoredRow]: ScoredRow[K] } = {
    scores: new Float32Array(0),
    vocabSize,
    row: 0,
    allowed: undefined,
    normalizeOver,
    banned,
    only: undefined,
  };
  return (scores, row, tokens, length) => {
    banned.length = 0;
    for (const id of options.banned) banned.push(id);
    if (length < minLength) banned.push(eos);
    if (noRepeatNgram > 0) banRepeatedNgrams(noRepeatNgram, prefix, tokens, length, banned);
    view.scores = scores;
    view.row = row;
    view.allowed = constraint?.allowed(tokens, length);
    view.only = length === maxLength ? eos : undefined;
    return view;
  };
}

export const nothingFollows = (where: string, length: number): Error =>
  new Error(
    `${where}: nothing may follow ${length} tokens, for the constraint, banned ids and n-gram ` +
      "blocking leave no token",
  );
