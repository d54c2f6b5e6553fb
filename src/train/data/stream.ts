/** Several data sets as one stream, mixed by weights, that goes on exactly where it was left. */

import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { fileError, isObject } from "../../checkpoint/json.ts";
import { type DatasetCursor, DatasetReader, drawAt } from "./dataset-reader.ts";
import type { ReadOptions } from "./read-records.ts";
import type { RecordKind, RecordOf } from "./record.ts";

export interface Dataset {
  readonly files: readonly string[];
  /** For the realised mixture and in messages (default: the first file's name). */
  readonly name?: string;
  /** Relative to the others' (default: the bytes of its files). */
  readonly weight?: number;
}

export interface StreamOptions<K extends RecordKind> extends ReadOptions<K> {
  readonly datasets: readonly Dataset[];
  readonly seed: number;
  /** Rows of each data set that are shuffled at a time (default 4096; 1: in order). */
  readonly shuffleBuffer?: number;
  /**
   * A row comes from data set i with a probability in proportion to weight^(1/temperature): 1
   * (default) as the weights say, more is more even.
   */
  readonly temperature?: number;
  /** Times that every row comes; a data set that is done leaves the mix (default: endless). */
  readonly epochs?: number;
}

/** Plain JSON: a draw's number, and where each data set stands. */
export interface StreamCursor {
  /** Of names, sizes and settings: other data has another. */
  readonly data: string;
  readonly draws: number;
  readonly datasets: readonly DatasetCursor[];
  /** Rows taken of each data set. */
  readonly rows: readonly number[];
}

export interface StreamedRecord<K extends RecordKind> {
  readonly record: RecordOf<K>;
  /** Of its data set, from 0. */
  readonly epoch: number;
  readonly dataset: string;
}

export interface RecordStream<K extends RecordKind> {
  /** The next row; undefined where every data set has ended. */
  next(): Promise<StreamedRecord<K> | undefined>;
  readonly cursor: StreamCursor;
  /** @throws Error for a cursor that is none, or of other data */
  seek(cursor: unknown): Promise<void>;
  /** Rows taken so far of each data set: the realised mixture. */
  readonly mixture: Readonly<Record<string, number>>;
}

/**
 * Opens data sets as a stream of records.
 *
 * @throws Error for files that are not there, and weights or temperatures that are no positive
 *   numbers; `next` throws DataError for the first bad row
 * @example
 * const stream = await openStream({
 *   datasets: [{ files: ["code.jsonl"], weight: 7 }, { files: ["text.parquet"], weight: 3 }],
 *   kinds: ["text"],
 *   seed: 0,
 * });
 */
export async function openStream<K extends RecordKind>(
  options: StreamOptions<K>,
): Promise<RecordStream<K>> {
  const { datasets, seed, shuffleBuffer = 4096, temperature = 1, epochs = Infinity } = options;
  const names = uniqueNames(datasets);
  const sizes = await Promise.all(datasets.map(({ files }) => sizesOf(files)));
  const weights = datasets.map(
    ({ weight }, i) => weight ?? sizes[i].reduce((sum, size) => sum + size, 0),
  );
  check(names, weights, temperature);
  const shares = weights.map((weight) => weight ** (1 / temperature));
  const settings = { seed, shuffleBuffer, temperature, kinds: options.kinds };
  const listed = datasets.map(({ files }, i) => [
    names[i],
    weights[i],
    sizes[i],
    files.map((file) => basename(file)),
  ]);
  const data = createHash("sha256")
    .update(JSON.stringify([settings, listed]))
    .digest("hex");
  const readers = datasets.map(
    ({ files }, i) =>
      new DatasetReader<K>({ ...options, files, name: names[i], seed, shuffleBuffer, epochs }),
  );
  let draws = 0;
  let rows = datasets.map(() => 0);
  const ended = new Set<number>();

  const next = async (): Promise<StreamedRecord<K> | undefined> => {
    while (ended.size < readers.length) {
      const i = choose(shares, ended, drawAt(seed, draws));
      const read = await readers[i].next();
      if (!read) {
        ended.add(i);
        continue; // the same draw among the others
      }
      draws++;
      rows[i]++;
      return { ...read, dataset: names[i] };
    }
    return undefined;
  };
  return {
    next,
    get cursor() {
      return { data, draws, datasets: readers.map(({ cursor }) => cursor), rows: [...rows] };
    },
    async seek(value) {
      const cursor = readCursor(value, readers.length);
      if (cursor.data !== data) {
        throw new Error(
          "it belongs to other data: names, sizes or weights of the files, the seed, the shuffle " +
            "buffer or the temperature have changed since",
        );
      }
      for (const [i, reader] of readers.entries()) await reader.seek(cursor.datasets[i]);
      draws = cursor.draws;
      rows = [...cursor.rows];
      ended.clear();
      for (const [i, { epoch }] of cursor.datasets.entries()) if (epoch >= epochs) ended.add(i);
    },
    get mixture() {
      return Object.fromEntries(names.map((name, i) => [name, rows[i]]));
    },
  };
}

function uniqueNames(datasets: readonly Dataset[]): string[] {
  const names = datasets.map(({ name, files }) => name ?? basename(files[0] ?? ""));
  return names.map((name, i) => (names.indexOf(name) === i ? name : `${name} ${i + 1}`));
}

function sizesOf(files: readonly string[]): Promise<number[]> {
  return Promise.all(
    files.map(async (file) => {
      const info = await stat(file).catch((error: unknown) => {
        throw fileError(error, file);
      });
      return info.size;
    }),
  );
}

function check(names: readonly string[], weights: readonly number[], temperature: number): void {
  if (names.length === 0) throw new Error("train: the data has no files");
  weights.forEach((weight, i) => {
    if (weight > 0 && Number.isFinite(weight)) return;
    throw new Error(`train: the weight of data set "${names[i]}" must be above 0, found ${weight}`);
  });
  if (!(temperature > 0)) {
    throw new Error(`train: the temperature of the mix must be above 0, found ${temperature}`);
  }
}

/** An index that is not among the ended ones, in proportion to its share. */
function choose(shares: readonly number[], ended: ReadonlySet<number>, draw: number): number {
  const total = shares.reduce((sum, share, i) => sum + (ended.has(i) ? 0 : share), 0);
  let left = draw * total;
  let last = 0;
  for (const [i, share] of shares.entries()) {
    if (ended.has(i)) continue;
    last = i;
    left -= share;
    if (left < 0) break;
  }
  return last; // the last one where rounding leaves a rest
}

const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0;

function readCursor(value: unknown, count: number): StreamCursor {
  const { data, draws, datasets, rows } = isObject(value) ? value : {};
  const isPlace = (place: unknown): boolean =>
    isObject(place) &&
    ["epoch", "file", "offset", "line", "taken"].every((key) => isCount(place[key]));
  const isWhole =
    typeof data === "string" &&
    isCount(draws) &&
    Array.isArray(datasets) &&
    datasets.length === count &&
    datasets.every(isPlace) &&
    Array.isArray(rows) &&
    rows.length === count &&
    rows.every(isCount);
  if (isWhole) return { data, draws, datasets, rows };
  throw new Error(
    'must hold "data", "draws", "rows" and "datasets", a place for each data set of the config',
  );
}
