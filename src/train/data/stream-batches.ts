/** Micro-batches of a stream of records. */

import { isObject } from "../../checkpoint/json.ts";
import { type BatchSource, cut, type Sequence, shuffle } from "../batches.ts";
import type { MicroBatch } from "../trainer.ts";
import { type PackStrategy, pack, packedBatches } from "./pack.ts";
import type { RecordKind } from "./record.ts";
import type { RecordStream, StreamCursor, StreamedRecord } from "./stream.ts";

export interface StreamBatchOptions<K extends RecordKind> {
  readonly stream: RecordStream<K>;
  /** The sequences of a record; the same record and epoch must give the same ones. */
  readonly toSequences: (streamed: StreamedRecord<K>) => readonly Sequence[];
  /** Most tokens in a micro-batch, padding included. */
  readonly tokensPerBatch: number;
  /** Tokens that are sorted by length, or packed, at a time (default: 64 micro-batches). */
  readonly tokensPerPool?: number;
  /** Several samples in a row of `length` tokens (for a loss that is `packed`); default: none. */
  readonly packing?: { readonly length: number; readonly strategy?: PackStrategy };
  /** Adds `rowWeights`, for a weighted loss. */
  readonly weighted?: boolean;
  /** Shuffles the micro-batches of a pool. */
  readonly seed: number;
}

/** Where the pool under way begins in the stream, and which of its batches comes next. */
export type StreamBatchCursor = {
  readonly pool: number;
  readonly batch: number;
  readonly stream: StreamCursor;
};

export interface StreamBatches extends BatchSource {
  next(): Promise<MicroBatch | undefined>;
  readonly cursor: StreamBatchCursor;
}

/** Pools of records are cut into micro-batches, as `bucketedBatches` does, or packed. */
export function streamBatches<K extends RecordKind>(options: StreamBatchOptions<K>): StreamBatches {
  const { stream, seed } = options;
  let cursor: StreamBatchCursor = { pool: 0, batch: 0, stream: stream.cursor };
  let batches: MicroBatch[] | undefined;
  return {
    async next() {
      batches ??= shuffle(await readPool(options), seed, `pool ${cursor.pool}`);
      const batch = batches[cursor.batch];
      if (!batch) return undefined; // the stream has ended
      cursor = { ...cursor, batch: cursor.batch + 1 };
      if (cursor.batch === batches.length) {
        cursor = { pool: cursor.pool + 1, batch: 0, stream: stream.cursor };
        batches = undefined;
      }
      return batch;
    },
    get cursor() {
      return cursor;
    },
    async seek({ pool, batch, stream: place }) {
      const isCount = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) >= 0;
      if (!isCount(pool) || !isCount(batch) || !isObject(place)) {
        throw new Error('must hold whole numbers "pool" and "batch", and the place of a "stream"');
      }
      await stream.seek(place);
      cursor = { pool, batch, stream: stream.cursor };
      batches = undefined;
    },
  };
}

async function readPool<K extends RecordKind>(
  options: StreamBatchOptions<K>,
): Promise<MicroBatch[]> {
  const { stream, toSequences, tokensPerBatch, packing, weighted } = options;
  const wanted = options.tokensPerPool ?? 64 * tokensPerBatch;
  const sequences: Sequence[] = [];
  for (let tokens = 0; tokens < wanted; ) {
    const streamed = await stream.next();
    if (!streamed) break;
    for (const sequence of toSequences(streamed)) {
      sequences.push(sequence);
      tokens += sequence.tokens.length;
    }
  }
  if (!packing) return cut(sequences, tokensPerBatch, { weighted });
  const { bins } = pack(sequences, packing.length, packing.strategy);
  return packedBatches(bins, packing.length, tokensPerBatch, weighted);
}
