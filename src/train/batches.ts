/** Token sequences into micro-batches of like length, with a cursor that can be saved. */

import { type NDArray, zeros } from "../graph/ndarray.ts";
import { createRandom } from "../nn/random.ts";
import type { MicroBatch } from "./trainer.ts";

/** One sample: its tokens, and which of them count in the loss (1) or not (0). */
export interface Sequence {
  readonly tokens: ArrayLike<number>;
  readonly learned: ArrayLike<number>;
}

/** Where a source stands: plain JSON, stored in every checkpoint. */
export interface Cursor {
  readonly pool: number;
  readonly batch: number;
}

export interface BatchSource {
  /** The next micro-batch; the source is endless. */
  next(): MicroBatch;
  readonly cursor: Cursor;
  seek(cursor: Cursor): void;
}

export interface BucketOptions {
  /**
   * Samples of pool k. Called again after a resume: the same k must give the same samples, in
   * the same order.
   */
  readonly pool: (k: number) => readonly Sequence[];
  /** Most tokens in a micro-batch, padding included. */
  readonly tokensPerBatch: number;
  /** Shuffles the batches of a pool. */
  readonly seed: number;
}

/** Lengths are rounded up to this, so that the engine sees few distinct shapes. */
const LENGTH_MULTIPLE = 8;

/**
 * Micro-batches of samples sorted by length within a pool: little padding, and attention never
 * crosses samples. Padding sits on the right, where causal attention cannot see it.
 *
 * @throws Error for a sample without a learned token, or one longer than a whole batch
 */
export function bucketedBatches({ pool, tokensPerBatch, seed }: BucketOptions): BatchSource {
  let cursor: Cursor = { pool: 0, batch: 0 };
  let batches: MicroBatch[] | undefined;
  const load = (k: number): MicroBatch[] => {
    const made = cut(pool(k), tokensPerBatch);
    if (made.length === 0) throw new Error(`train: pool ${k} of the data has no samples`);
    return shuffle(made, seed, k);
  };
  return {
    next() {
      batches ??= load(cursor.pool);
      const batch = batches[cursor.batch];
      const isLast = cursor.batch + 1 === batches.length;
      cursor = isLast
        ? { pool: cursor.pool + 1, batch: 0 }
        : { pool: cursor.pool, batch: cursor.batch + 1 };
      if (isLast) batches = undefined;
      return batch;
    },
    get cursor() {
      return cursor;
    },
    seek(to) {
      if (to.pool !== cursor.pool) batches = undefined;
      cursor = to;
    },
  };
}

function cut(samples: readonly Sequence[], tokensPerBatch: number): MicroBatch[] {
  const sorted = [...samples].sort((a, b) => a.tokens.length - b.tokens.length);
  const batches: MicroBatch[] = [];
  let members: Sequence[] = [];
  for (const sample of sorted) {
    const length = padded(sample.tokens.length);
    if (length > tokensPerBatch) {
      throw new Error(
        `train: a sample of ${sample.tokens.length} tokens exceeds the batch of ` +
          `${tokensPerBatch}; raise tokens per batch or cut the sample`,
      );
    }
    if ((members.length + 1) * length > tokensPerBatch) {
      batches.push(microBatch(members));
      members = [];
    }
    members.push(sample);
  }
  if (members.length > 0) batches.push(microBatch(members));
  return batches;
}

const padded = (length: number): number => Math.ceil(length / LENGTH_MULTIPLE) * LENGTH_MULTIPLE;

/** Inputs of `nextTokenLoss`: right-padded tokens, a row and a label for every learned token. */
export function microBatch(samples: readonly Sequence[]): MicroBatch {
  const seq = padded(Math.max(...samples.map((s) => s.tokens.length)));
  const tokens = zeros("i64", [samples.length, seq]);
  const ids = tokens.data as BigInt64Array;
  const rows: bigint[] = [];
  const labels: bigint[] = [];
  samples.forEach((sample, b) => {
    let learned = 0;
    for (let t = 0; t < sample.tokens.length; t++) {
      const id = BigInt(sample.tokens[t]);
      ids[b * seq + t] = id;
      if (t === 0 || !sample.learned[t]) continue;
      rows.push(BigInt(b * seq + t - 1));
      labels.push(id);
      learned++;
    }
    if (learned === 0) throw new Error(`train: sample ${b} of a batch has no learned token`);
  });
  const inputs = { tokens, rows: i64(rows), labels: i64(labels) };
  return { inputs, supervised: rows.length, tokens: ids.length };
}

function i64(values: readonly bigint[]): NDArray {
  const array = zeros("i64", [values.length]);
  (array.data as BigInt64Array).set(values);
  return array;
}

function shuffle<T>(items: T[], seed: number, stream: number): T[] {
  const random = createRandom(seed, `batches ${stream}`);
  for (let i = items.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [items[i], items[j]] = [items[j], items[i]];
  }
  return items;
}
