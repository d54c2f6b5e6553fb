/** Local copies of benchmarks: which files there are, and what their rows hold. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { filesBelow } from "../../task/readers/data-folder.ts";
import { type Row, RowError } from "../../task/readers/row.ts";
import { type RowFormat, tableRows } from "../task/table-rows.ts";
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
    for await (const row of tableRows(file.path, format)) {
      const place = [...Object.values(parts), String(index++)].join("/");
      try {
        if (row instanceof RowError) throw row;
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
