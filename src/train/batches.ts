/** Token sequences into micro-batches of like length, with a cursor that can be saved. */

import { type NDArray, zeros } from "../graph/ndarray.ts";
import { createRandom, shuffleBy } from "../nn/random.ts";
import type { MicroBatch } from "./trainer.ts";

/** One sample: its tokens, and which of them count in the loss (1) or not (0). */
export interface Sequence {
  readonly tokens: ArrayLike<number>;
  readonly learned: ArrayLike<number>;
  /** Of its learned tokens in a weighted loss (default 1). */
  readonly weight?: number;
  /** Source that the record names. */
  readonly channel?: string;
  /** `file:line`, for errors. */
  readonly where?: string;
}

/** Where a source stands: plain JSON, stored in every checkpoint. */
export type Cursor = Readonly<Record<string, unknown>>;

export interface BatchSource {
  /** The next micro-batch; undefined where a finite source has ended. */
  next(): MicroBatch | undefined | Promise<MicroBatch | undefined>;
  readonly cursor: Cursor;
  /**
   * Goes on from a cursor of such a source.
   *
   * @throws Error for a cursor of another kind of source, or of other data
   */
  seek(cursor: Cursor): void | Promise<void>;
}

/** Cursor of {@link bucketedBatches}. */
export type PoolCursor = { readonly pool: number; readonly batch: number };

/** An endless source that is computed without waiting. */
export interface PoolSource extends BatchSource {
  next(): MicroBatch;
  readonly cursor: PoolCursor;
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
  /** Makes the micro-batches of a pool (default: padded ones of samples of like length). */
  readonly cut?: (samples: readonly Sequence[]) => MicroBatch[];
}

/** Pools of anything that can be cut into micro-batches. */
export interface PoolOptions<T> extends Pick<BucketOptions, "seed"> {
  readonly pool: (k: number) => readonly T[];
  readonly cut: (samples: readonly T[]) => MicroBatch[];
}

/** Lengths are rounded up to this, so that the engine sees few distinct shapes. */
const LENGTH_MULTIPLE = 8;

/**
 * Micro-batches of samples sorted by length within a pool: little padding, and attention never
 * crosses samples. Padding sits on the right, where causal attention cannot see it.
 *
 * @throws Error for a sample without a learned token, or one longer than a whole batch
 */
export function bucketedBatches({
  pool,
  tokensPerBatch,
  seed,
  cut: toBatches = (samples) => cut(samples, tokensPerBatch),
}: BucketOptions): PoolSource {
  return pooledBatches({ pool, seed, cut: toBatches });
}

/** Micro-batches of pools, shuffled within each. */
export function pooledBatches<T>({ pool, seed, cut: toBatches }: PoolOptions<T>): PoolSource {
  let cursor: PoolCursor = { pool: 0, batch: 0 };
  let batches: MicroBatch[] | undefined;
  const load = (k: number): MicroBatch[] => {
    const made = toBatches(pool(k));
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
    seek({ pool: to, batch }) {
      if (!isPlace(to) || !isPlace(batch)) {
        throw new Error('the cursor must hold whole numbers "pool" and "batch"');
      }
      if (to !== cursor.pool) batches = undefined;
      cursor = { pool: to, batch };
    },
  };
}

const isPlace = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) >= 0;

/** Micro-batches of samples of like length, shortest first. */
export function cut(
  samples: readonly Sequence[],
  tokensPerBatch: number,
  options?: MicroBatchOptions,
): MicroBatch[] {
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
      batches.push(microBatch(members, options));
      members = [];
    }
    members.push(sample);
  }
  if (members.length > 0) batches.push(microBatch(members, options));
  return batches;
}

const padded = (length: number): number => Math.ceil(length / LENGTH_MULTIPLE) * LENGTH_MULTIPLE;

export interface MicroBatchOptions {
  /** Adds `rowWeights`, for a weighted loss; `supervised` is then their sum. */
  readonly weighted?: boolean;
}

/** Inputs of `nextTokenLoss`: right-padded tokens, a row and a label for every learned token. */
export function microBatch(
  samples: readonly Sequence[],
  { weighted = false }: MicroBatchOptions = {},
): MicroBatch {
  const seq = padded(Math.max(...samples.map((s) => s.tokens.length)));
  const tokens = zeros("i64", [samples.length, seq]);
  const ids = tokens.data as BigInt64Array;
  const targets = createTargets();
  samples.forEach((sample, b) => {
    for (let t = 0; t < sample.tokens.length; t++) ids[b * seq + t] = BigInt(sample.tokens[t]);
    if (targets.add(sample, b * seq) === 0) {
      throw new Error(`train: sample ${b} of a batch has no learned token${place(sample)}`);
    }
  });
  const { inputs, supervised } = targets.finish(weighted);
  return {
    inputs: { tokens, ...inputs },
    supervised,
    tokens: ids.length,
    lengths: samples.map((sample) => sample.tokens.length),
    ...origin(samples),
  };
}

const place = ({ where }: Sequence): string => (where === undefined ? "" : ` (${where})`);

/** Where the samples of a batch stand in the data. */
export function origin(samples: readonly Sequence[]): { origin?: string } {
  const places = [...new Set(samples.flatMap(({ where }) => where ?? []))];
  if (places.length === 0) return {};
  const more = places.length > 3 ? ` and ${places.length - 3} more` : "";
  return { origin: `${places.slice(0, 3).join(", ")}${more}` };
}

/** Collects what `nextTokenLoss` learns: flat rows of predicting positions, labels, weights. */
export function createTargets() {
  const rows: bigint[] = [];
  const labels: bigint[] = [];
  const weights: number[] = [];
  return {
    /** @returns how many tokens of the sample are learned, whose first token is at flat `start` */
    add({ tokens, learned, weight = 1 }: Sequence, start: number): number {
      const before = rows.length;
      for (let t = 1; t < tokens.length; t++) {
        if (!learned[t]) continue;
        rows.push(BigInt(start + t - 1));
        labels.push(BigInt(tokens[t]));
        weights.push(weight);
      }
      return rows.length - before;
    },
    finish(weighted: boolean): { inputs: Record<string, NDArray>; supervised: number } {
      const inputs: Record<string, NDArray> = { rows: i64(rows), labels: i64(labels) };
      if (!weighted) return { inputs, supervised: rows.length };
      const rowWeights = zeros("f32", [weights.length]);
      (rowWeights.data as Float32Array).set(weights);
      return {
        inputs: { ...inputs, rowWeights },
        supervised: weights.reduce((sum, weight) => sum + weight, 0),
      };
    },
  };
}

function i64(values: readonly bigint[]): NDArray {
  const array = zeros("i64", [values.length]);
  (array.data as BigInt64Array).set(values);
  return array;
}

/** Shuffles in place, the same way for the same seed and stream. */
export function shuffle<T>(items: T[], seed: number, stream: number | string): T[] {
  const random = createRandom(seed, typeof stream === "number" ? `batches ${stream}` : stream);
  return shuffleBy(items, random.below);
}
