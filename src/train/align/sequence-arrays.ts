/** Sequences as the inputs of `scoreInputs`: which rows predict, and whose answer they belong to. */

import { type NDArray, zeros } from "../../graph/ndarray.ts";
import { createTargets, type Sequence } from "../batches.ts";

/** Lengths are rounded up to this, so that the engine sees few distinct shapes. */
const LENGTH_MULTIPLE = 8;

export const paddedLength = (sequences: readonly Pick<Sequence, "tokens">[]): number =>
  Math.ceil(Math.max(...sequences.map(({ tokens }) => tokens.length)) / LENGTH_MULTIPLE) *
  LENGTH_MULTIPLE;

export interface SequenceArrays {
  /** `tokens`, `rows`, `labels`, `answers`. */
  readonly inputs: Record<string, NDArray>;
  /** Learned tokens of each sequence. */
  readonly sizes: readonly number[];
}

/** Right-padded tokens; a row and a label for every learned token. */
export function sequenceArrays(sequences: readonly Sequence[]): SequenceArrays {
  const seq = paddedLength(sequences);
  const tokens = zeros("i64", [sequences.length, seq]);
  const ids = tokens.data as BigInt64Array;
  const targets = createTargets();
  const sizes = sequences.map((sequence, b) => {
    for (let t = 0; t < sequence.tokens.length; t++) ids[b * seq + t] = BigInt(sequence.tokens[t]);
    return targets.add(sequence, b * seq);
  });
  const { inputs } = targets.finish(false);
  const answers = zeros("i64", inputs.rows.shape);
  let at = 0;
  sizes.forEach((size, b) => {
    (answers.data as BigInt64Array).fill(BigInt(b), at, at + size);
    at += size;
  });
  return { inputs: { tokens, ...inputs, answers }, sizes };
}

/** Groups whose members have like lengths, of at most `tokens` tokens with padding, or of one. */
export function cutGroups<T>(
  items: readonly T[],
  sequencesOf: (item: T) => readonly Sequence[],
  tokens: number,
): T[][] {
  const length = (item: T): number => paddedLength(sequencesOf(item));
  const sorted = items
    .map((item) => ({ item, length: length(item), count: sequencesOf(item).length }))
    .sort((a, b) => a.length - b.length);
  const groups: T[][] = [];
  let rows = 0;
  for (const { item, length: longest, count } of sorted) {
    const group = groups[groups.length - 1];
    if (group && (rows + count) * longest <= tokens) {
      group.push(item);
      rows += count;
    } else {
      groups.push([item]);
      rows = count;
    }
  }
  return groups;
}
