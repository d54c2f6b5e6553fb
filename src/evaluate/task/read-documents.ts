/** Documents of local files as items; a row that cannot be read is an item with a problem. */

import { existsSync } from "node:fs";
import { isObject } from "../../checkpoint/json.ts";
import { RowError } from "../../task/readers/row.ts";
import type { EvalItem, Json, JsonObject } from "../types.ts";
import { tableRows } from "./table-rows.ts";

/** Rows that are looked through for columns before the first is asked. */
const LOOKED_THROUGH = 256;

/**
 * Rows of .jsonl, .json (an array, or the first array in an object), .csv, .tsv or .parquet files.
 * Ids are numbers from 0, over all files. A column that a row lacks and another has is null, as
 * Hugging Face's datasets have it.
 */
export async function* readDocuments(files: readonly string[]): AsyncGenerator<EvalItem> {
  const columns = new Map<string, null>();
  const complete = (item: EvalItem): EvalItem =>
    item.problem === undefined
      ? { ...item, doc: { ...Object.fromEntries(columns), ...item.doc } }
      : item;
  let first: EvalItem[] | undefined = [];
  for await (const item of itemsOf(files)) {
    for (const key of Object.keys(item.doc)) columns.set(key, null);
    if (first === undefined) {
      yield complete(item);
      continue;
    }
    first.push(item);
    if (first.length < LOOKED_THROUGH) continue;
    yield* first.map(complete);
    first = undefined;
  }
  yield* (first ?? []).map(complete);
}

async function* itemsOf(files: readonly string[]): AsyncGenerator<EvalItem> {
  let index = 0;
  for (const file of files) {
    if (!existsSync(file)) throw new Error(`${file}: no such file`);
    for await (const row of tableRows(file)) {
      const id = String(index++);
      if (row instanceof RowError) yield { id, doc: {}, problem: row.message };
      else yield { id, doc: toJson(row.values) };
    }
  }
}

/** Parquet has 64-bit integers, dates and bytes. */
export function toJson(values: Readonly<Record<string, unknown>>): JsonObject {
  const plain = (value: unknown): Json => {
    if (typeof value === "bigint") return Number(value);
    if (value instanceof Date) return value.toISOString();
    if (value instanceof Uint8Array) {
      try {
        return new TextDecoder("utf-8", { fatal: true }).decode(value);
      } catch {
        return `${value.length} bytes`;
      }
    }
    if (ArrayBuffer.isView(value)) return Array.from(value as unknown as Iterable<number>, plain);
    if (Array.isArray(value)) return value.map(plain);
    if (isObject(value)) return toJson(value);
    if (value === undefined) return null;
    return value as Json; // text, numbers, booleans, null
  };
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, plain(value)]));
}
