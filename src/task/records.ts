/** Where a task's records come from: what can be read again and again, or made pool by pool. */

import { createRandom } from "../nn/random.ts";
import type { Split, World } from "./worlds/index.ts";

/** Records of pool k, endlessly many pools: the same k gives the same records. */
export type RecordPools<R> = (
  pool: number,
) => Iterable<R> | AsyncIterable<R> | Promise<Iterable<R> | AsyncIterable<R>>;

/** An array, anything else that can be read more than once (`reread`), or pools. */
export type RecordSource<R> = Iterable<R> | AsyncIterable<R> | RecordPools<R>;

/**
 * What a reader reads, begun anew each time that it is asked for.
 *
 * @example
 * const train = reread(() => readOfaCaptions("caption_train.tsv"));
 */
export const reread = <R>(open: () => Iterable<R> | AsyncIterable<R>): AsyncIterable<R> => ({
  async *[Symbol.asyncIterator]() {
    yield* open();
  },
});

export interface WorldRecordsOptions {
  readonly seed?: number;
  /** Records of a pool (default 256). */
  readonly size?: number;
}

/**
 * Records of a generated world.
 *
 * @param convert what the world gives, as the fields of a record
 * @example
 * const { train, heldOut } = worldRecords(captionScenes, ({ image, caption }) => ({
 *   img: image,
 *   cap: caption,
 * }));
 */
export function worldRecords<Sample, R>(
  world: World<Sample>,
  convert: (sample: Sample) => R,
  { seed = 0, size = 256 }: WorldRecordsOptions = {},
): { readonly train: RecordPools<R>; readonly heldOut: RecordPools<R> } {
  const pools =
    (split: Split): RecordPools<R> =>
    (pool) => {
      const random = createRandom(seed, `${split} ${pool}`);
      return Array.from({ length: size }, () => convert(world(random, split)));
    };
  return { train: pools("train"), heldOut: pools("heldout") };
}

/**
 * A source cut into pools. What ends begins again; its last pool may be smaller.
 *
 * @param name of the task, for errors
 * @throws Error for a source without records, and for one that can be read only once
 */
export function poolsOf<R>(
  source: RecordSource<R>,
  size: number,
  name: string,
): (k: number) => Promise<readonly R[]> {
  if (typeof source === "function") return async (k) => collect(await source(k));
  checkRereadable(source, name);
  let reading: { readonly pool: number; readonly rest: Rest<R> } | undefined;
  return async (k) => {
    let rest = reading?.pool === k ? reading.rest : await skipped(source, k * size);
    let records = rest && (await take(rest, size));
    if (!rest || !records?.length) {
      const perEpoch = Math.ceil((await count(source)) / size);
      if (perEpoch === 0) throw new Error(`task ${name}: its data have no records`);
      rest = (await skipped(source, (k % perEpoch) * size))!; // within the source
      records = await take(rest, size);
    }
    reading = { pool: k + 1, rest };
    return records;
  };
}

/**
 * Up to `limit` records in order, pools one behind the other.
 *
 * @param name of the task, for errors
 */
export async function* recordsOf<R>(
  source: RecordSource<R>,
  limit: number,
  name: string,
): AsyncGenerator<R> {
  let left = limit;
  for (let pool = 0; left > 0; pool++) {
    if (typeof source !== "function") checkRereadable(source, name);
    let given = 0;
    for await (const record of typeof source === "function" ? await source(pool) : source) {
      if (left === 0) return;
      left--;
      given++;
      yield record;
    }
    if (typeof source !== "function" || given === 0) return;
  }
}

type Rest<R> = AsyncIterator<R> | Iterator<R>;

const iteratorOf = <R>(source: Iterable<R> | AsyncIterable<R>): Rest<R> =>
  Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();

function checkRereadable(source: Iterable<unknown> | AsyncIterable<unknown>, name: string): void {
  const isOnce = "next" in source;
  if (!isOnce) return;
  throw new Error(
    `task ${name}: its records are an iterator, which can be read only once; give an array, a ` +
      "function of a pool's number, or reread(() => …)",
  );
}

async function collect<T>(items: Iterable<T> | AsyncIterable<T>): Promise<readonly T[]> {
  if (Array.isArray(items)) return items;
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function take<R>(rest: Rest<R>, most: number): Promise<R[]> {
  const records: R[] = [];
  while (records.length < most) {
    const { done, value } = await rest.next();
    if (done) break;
    records.push(value);
  }
  return records;
}

/** The rest behind the first records; undefined where there are not so many. */
async function skipped<R>(source: Iterable<R> | AsyncIterable<R>, records: number) {
  const rest = iteratorOf(source);
  for (let i = 0; i < records; i++) if ((await rest.next()).done) return undefined;
  return rest;
}

async function count(source: Iterable<unknown> | AsyncIterable<unknown>): Promise<number> {
  let records = 0;
  for await (const _ of source) records++;
  return records;
}
