/** Several samples in a row of a batch, kept apart by segment numbers. */

import { zeros } from "../../graph/ndarray.ts";
import { createTargets, origin, type Sequence } from "../batches.ts";
import type { MicroBatch } from "../trainer.ts";
import { learnedIn } from "./supervise.ts";

/**
 * "best-fit" puts whole samples where least room stays free (best-fit decreasing); "wrapped" joins
 * all and cuts every `capacity` tokens, so that samples at a border are cut in two.
 */
export type PackStrategy = "best-fit" | "wrapped";

export interface PackResult {
  /** The samples of each row, in order; together at most `capacity` tokens. */
  readonly bins: Sequence[][];
  /** Samples that were cut in two or more. */
  readonly cut: number;
}

/**
 * Sorts samples into rows of `capacity` tokens.
 *
 * @throws Error for a sample of more than `capacity` tokens with "best-fit"
 */
export function pack(
  samples: readonly Sequence[],
  capacity: number,
  strategy: PackStrategy = "best-fit",
): PackResult {
  return strategy === "wrapped" ? wrap(samples, capacity) : bestFit(samples, capacity);
}

/**
 * Longest first, each into the fullest row that has room (best-fit decreasing, at most 11/9 of the
 * fewest rows possible; Johnson 1973). A bitmap of the free lengths finds that row.
 */
function bestFit(samples: readonly Sequence[], capacity: number): PackResult {
  const open: Sequence[][][] = Array.from({ length: capacity + 1 }, () => []); // by free tokens
  const bitmap = new Uint32Array((capacity >> 5) + 1);
  const bins: Sequence[][] = [];
  for (const sample of [...samples].sort((a, b) => b.tokens.length - a.tokens.length)) {
    const { length } = sample.tokens;
    if (length > capacity) {
      const where = sample.where === undefined ? "" : ` (${sample.where})`;
      throw new Error(
        `train: a sample of ${length} tokens${where} exceeds a row of ${capacity}; raise the ` +
          "row's length or cut the sample",
      );
    }
    const free = firstAtLeast(bitmap, length) ?? capacity;
    const bin = open[free].pop() ?? [];
    if (bin.length === 0) bins.push(bin);
    if (open[free].length === 0) bitmap[free >> 5] &= ~(1 << (free & 31));
    bin.push(sample);
    const left = free - length;
    if (left === 0) continue;
    open[left].push(bin);
    bitmap[left >> 5] |= 1 << (left & 31);
  }
  return { bins, cut: 0 };
}

/** The lowest set bit at or above `from`. */
function firstAtLeast(bitmap: Uint32Array, from: number): number | undefined {
  let word = from >> 5;
  let bits = (bitmap[word] & (-1 << (from & 31))) >>> 0;
  while (bits === 0) {
    if (++word >= bitmap.length) return undefined;
    bits = bitmap[word];
  }
  return (word << 5) + 31 - Math.clz32(bits & -bits);
}

/** A cut sample goes on with the token that it was cut behind, so that no label is lost. */
function wrap(samples: readonly Sequence[], capacity: number): PackResult {
  const bins: Sequence[][] = [];
  let [room, cut] = [0, 0];
  for (const sample of samples) {
    const { length } = sample.tokens;
    let start = 0;
    let pieces = 0;
    while (start === 0 || start < length - 1) {
      if (room < 2) {
        bins.push([]);
        room = capacity;
      }
      const end = Math.min(length, start + room);
      const part = start === 0 && end === length ? sample : piece(sample, start, end);
      if (learnedIn(part) > 0) {
        bins[bins.length - 1].push(part); // attention is confined, so the rest would serve nobody
        room -= end - start;
      }
      pieces++;
      if (end === length) break;
      start = end - 1;
    }
    if (pieces > 1) cut++;
  }
  return { bins, cut };
}

function piece(sample: Sequence, start: number, end: number): Sequence {
  const part = (values: ArrayLike<number>): number[] => Array.from(values).slice(start, end);
  return { ...sample, tokens: part(sample.tokens), learned: part(sample.learned) };
}

export interface PackedBatchOptions {
  /** Length of the rows (default: of the longest, a multiple of 8). */
  readonly length?: number;
  /** Adds `rowWeights`, for a weighted loss. */
  readonly weighted?: boolean;
}

/**
 * Inputs of `nextTokenLoss` with `packed`: a row for each bin, its samples numbered from 1 in
 * `segments` (0: padding), `positions` from 0 in each.
 */
export function packedBatch(
  bins: readonly (readonly Sequence[])[],
  { length, weighted = false }: PackedBatchOptions = {},
): MicroBatch {
  const sizes = bins.map((bin) => bin.reduce((n, { tokens }) => n + tokens.length, 0));
  const seq = length ?? Math.ceil(Math.max(...sizes) / 8) * 8;
  const tokens = zeros("i64", [bins.length, seq]);
  const segments = zeros("i64", [bins.length, seq]);
  const positions = zeros("i64", [bins.length, seq]);
  const [ids, parts, places] = [tokens, segments, positions].map(
    ({ data }) => data as BigInt64Array,
  );
  const targets = createTargets();
  bins.forEach((bin, b) => {
    let at = b * seq;
    bin.forEach((sample, k) => {
      targets.add(sample, at);
      for (let t = 0; t < sample.tokens.length; t++, at++) {
        ids[at] = BigInt(sample.tokens[t]);
        parts[at] = BigInt(k + 1);
        places[at] = BigInt(t);
      }
    });
  });
  const { inputs, supervised } = targets.finish(weighted);
  if (supervised === 0) throw new Error("train: a packed batch has no learned token");
  return {
    inputs: { tokens, segments, positions, ...inputs },
    supervised,
    tokens: ids.length,
    lengths: sizes,
    ...origin(bins.flat()),
  };
}

/** Micro-batches of packed rows, in the order of the bins. */
export function packedBatches(
  bins: readonly (readonly Sequence[])[],
  capacity: number,
  tokensPerBatch: number,
  weighted = false,
): MicroBatch[] {
  const rows = Math.max(1, Math.floor(tokensPerBatch / capacity));
  const batches: MicroBatch[] = [];
  for (let i = 0; i < bins.length; i += rows) {
    batches.push(packedBatch(bins.slice(i, i + rows), { length: capacity, weighted }));
  }
  return batches;
}
