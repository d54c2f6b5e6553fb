/** Local copies of benchmarks: which files there are, and what their rows hold. */

import { existsSync } from "node:fs";
import { extname, join } from "node:path";
import { isObject, readJson, show } from "../../checkpoint/json.ts";
import { filesBelow } from "../../task/readers/data-folder.ts";
import { checkWidth, readCsv } from "../../task/readers/read-rows.ts";
import { type Row, RowError } from "../../task/readers/row.ts";
import { describeProblem } from "../../train/data/problem.ts";
import { MAX_ROW_BYTES } from "../../train/data/raw-row.ts";
import { START } from "../../train/data/read-lines.ts";
import { readParquet } from "../../train/data/read-parquet.ts";
import { rowsOf } from "../../train/data/read-rows.ts";
import type { EvalImage, EvalItem, JsonObject } from "../types.ts";

export interface DataFile {
  readonly path: string;
  /** Named groups of the pattern: split, subject. */
  readonly parts: Readonly<Record<string, string>>;
}

/**
 * Files of a benchmark: those that fit the first of the patterns that any file fits.
 *
 * @param data the folder of --data; the files are in one of `folders` below it, or in itself
 * @param patterns over names relative to the folder, with `/`
 * @throws Error where there are none
 */
export async function findFiles(
  benchmark: string,
  data: string | undefined,
  folders: readonly string[],
  patterns: readonly RegExp[],
): Promise<DataFile[]> {
  if (data === undefined) {
    throw new Error(`${benchmark} reads a local copy: name the folder it is in with --data`);
  }
  const below = folders.map((name) => join(data, name)).find((path) => existsSync(path));
  const folder = below ?? data;
  const names = await filesBelow(folder, /\.(csv|jsonl?|parquet|txt)$/);
  for (const pattern of patterns) {
    const files = names.flatMap((name) => {
      const match = pattern.exec(name);
      return match ? [{ path: join(folder, name), parts: match.groups ?? {} }] : [];
    });
    if (files.length > 0) return files;
  }
  throw new Error(
    `${benchmark}: no file of it in ${folder}; \`onefold eval --list\` tells what is expected`,
  );
}

/** Files of one split. @throws Error where there are none */
export function ofSplit(benchmark: string, files: readonly DataFile[], split: string): DataFile[] {
  const found = files.filter(({ parts }) => parts.split === split);
  if (found.length > 0) return found;
  throw new Error(`${benchmark}: no file of the split "${split}" beside ${files[0]!.path}`);
}

export interface RowFormat {
  /** Of CSV files without a header. */
  readonly columns?: readonly string[];
  /** Key of the rows in a JSON object. */
  readonly list?: string;
}

/** What a row becomes; without an id, it is the row's place in its file. */
export interface ReadRow {
  readonly doc: JsonObject;
  readonly id?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly images?: Readonly<Record<string, EvalImage>>;
}

/**
 * Rows as items: one that cannot be read is an item with a problem, which counts as failed.
 *
 * @param toItem throws RowError for what misses or has the wrong type
 */
export async function* readItems(
  files: readonly DataFile[],
  toItem: (row: Row, file: DataFile) => ReadRow,
  format: RowFormat = {},
): AsyncGenerator<EvalItem> {
  for (const file of files) {
    const { split: _, ...parts } = file.parts;
    let index = 0;
    for await (const row of readRows(file.path, format)) {
      const place = [...Object.values(parts), String(index++)].join("/");
      try {
        if (row instanceof RowError) throw row;
        checkWidth(row);
        const { id = place, ...item } = toItem(row, file);
        yield { id, ...item };
      } catch (error) {
        if (!(error instanceof RowError)) throw error;
        yield { id: place, doc: {}, problem: error.message };
      }
    }
  }
}

/** Documents of rows that can be read, for examples. */
export async function* readDocs(
  ...given: Parameters<typeof readItems>
): AsyncGenerator<JsonObject> {
  for await (const { doc, problem } of readItems(...given)) if (problem === undefined) yield doc;
}

/** Rows of a .csv, .json, .parquet or .jsonl file; one that cannot be read is an error in its place. */
export async function* readRows(
  path: string,
  format: RowFormat = {},
): AsyncGenerator<Row | RowError> {
  const ending = extname(path).toLowerCase();
  if (ending === ".csv") {
    try {
      yield* readCsv(path, format.columns);
    } catch (error) {
      if (!(error instanceof RowError)) throw error;
      yield error; // nothing behind an open quote can be told apart
    }
  } else if (ending === ".json") yield* jsonRows(path, format.list);
  else {
    const isParquet = ending === ".parquet";
    const rows = isParquet
      ? readParquet(path, START, MAX_ROW_BYTES, { utf8: false })
      : rowsOf(path, START, MAX_ROW_BYTES);
    for await (const raw of rows) {
      const place = `${path}:${raw.line}`;
      if ("row" in raw) yield { place, values: raw.row };
      else
        yield new RowError(place, describeProblem({ file: path, line: raw.line, ...raw.problem }));
    }
  }
}

async function* jsonRows(path: string, key: string | undefined): AsyncGenerator<Row | RowError> {
  const value = await readJson(path, { maxBytes: 500 * 2 ** 20 });
  const list = key !== undefined && isObject(value) ? value[key] : value;
  if (!Array.isArray(list)) {
    throw new Error(`${path}: expected an array${key ? ` in "${key}"` : ""}, found ${show(list)}`);
  }
  for (const [i, values] of list.entries()) {
    const place = `${path}: [${i}]`;
    if (isObject(values)) yield { place, values };
    else yield new RowError(place, `must be an object, found ${show(values)}`);
  }
}
