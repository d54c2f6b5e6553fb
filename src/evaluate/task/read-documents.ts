/** Documents of local files as items; a row that cannot be read is an item with a problem. */

import { existsSync } from "node:fs";
import { extname } from "node:path";
import { isObject, readJson } from "../../checkpoint/json.ts";
import { readTable } from "../../task/readers/read-rows.ts";
import type { EvalItem, Json, JsonObject } from "../types.ts";

/**
 * Rows of .jsonl, .json (an array, or the first array in an object), .csv, .tsv or .parquet files.
 * Ids are numbers from 0, over all files.
 */
export async function* readDocuments(files: readonly string[]): AsyncGenerator<EvalItem> {
  let index = 0;
  for (const file of files) {
    if (!existsSync(file)) throw new Error(`${file}: no such file`);
    const rows = extname(file).toLowerCase() === ".json" ? jsonRows(file) : readTable(file);
    for await (const { values } of rows) yield { id: String(index++), doc: toJson(values) };
  }
}

async function* jsonRows(file: string): AsyncGenerator<{ values: Record<string, unknown> }> {
  const value = await readJson(file, { maxBytes: 500 * 2 ** 20 });
  const list = isObject(value) ? Object.values(value).find(Array.isArray) : value;
  if (!Array.isArray(list)) throw new Error(`${file}: expected an array of objects`);
  for (const [i, values] of list.entries()) {
    if (!isObject(values)) throw new Error(`${file}: [${i}] is no object`);
    yield { values };
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
