/** Rows of TSV, CSV, JSON, JSONL and Parquet files. */

import { isUtf8 } from "node:buffer";
import { extname } from "node:path";
import { isObject, readJson, show } from "../../checkpoint/json.ts";
import { describeProblem } from "../../train/data/problem.ts";
import { MAX_ROW_BYTES } from "../../train/data/raw-row.ts";
import { linesOf, START } from "../../train/data/read-lines.ts";
import { readParquet } from "../../train/data/read-parquet.ts";
import { rowsOf } from "../../train/data/read-rows.ts";
import { convertRows, type ReaderOptions, type Row, RowError } from "./row.ts";

const MAX_JSON_BYTES = 500 * 2 ** 20; // V8 holds no text of more than 512 MiB

/** Lines of a text file with their numbers; blank ones are left out. */
export async function* textLines(file: string): AsyncGenerator<{ text: string; place: string }> {
  for await (const { bytes, line } of linesOf(file, START, MAX_ROW_BYTES)) {
    const place = `${file}:${line}`;
    if (!bytes) throw new RowError(place, `is longer than ${MAX_ROW_BYTES} bytes; is it a table?`);
    if (!isUtf8(bytes)) throw new RowError(place, "is not valid UTF-8; save the file as UTF-8");
    const text = bytes.toString("utf8").replace(/\r$/, "");
    if (text.trim() !== "") yield { text: line === 1 ? text.replace(/^\ufeff/, "") : text, place };
  }
}

/**
 * Rows of a tab-separated file without quoting, as OFA and GLUE have them.
 * @param columns their names; "header": the first line has them
 * @param optional how many of the last columns a row may lack
 */
export async function* readTsv(
  file: string,
  columns: readonly string[] | "header",
  optional = 0,
): AsyncGenerator<Row> {
  let names = columns === "header" ? undefined : columns;
  for await (const { text, place } of textLines(file)) {
    const cells = text.split("\t");
    if (!names) names = cells;
    else yield { place, values: cellsByName(cells, names, optional) };
  }
}

/** What misses has no key, so that reading it names the place; what is too much is found there too. */
function cellsByName(cells: readonly string[], names: readonly string[], optional: number) {
  if (cells.length > names.length || cells.length < names.length - optional) {
    return {
      [WRONG_WIDTH]: `has ${cells.length} columns, expected ${names.length} (${names.join(", ")})`,
    };
  }
  return Object.fromEntries(cells.map((cell, i) => [names[i], cell]));
}

const WRONG_WIDTH = "\0width";

/** As {@link convertRows}, for rows of delimited files: other widths are problems of their rows. */
export const convertCells = <T>(
  rows: AsyncIterable<Row>,
  options: ReaderOptions,
  convert: (row: Row) => T | Promise<T>,
): AsyncGenerator<T> =>
  convertRows(rows, options, (row) => {
    checkWidth(row);
    return convert(row);
  });

/** @throws RowError for a row of a delimited file that has more or fewer cells than columns */
export function checkWidth({ place, values }: Row): void {
  const problem = values[WRONG_WIDTH];
  if (typeof problem === "string") throw new RowError(place, problem);
}

/**
 * Rows of a comma-separated file, quoted as RFC 4180 has it (line feeds in quotes too).
 * @param columns their names (default: the first line has them)
 */
export async function* readCsv(file: string, columns?: readonly string[]): AsyncGenerator<Row> {
  let names = columns;
  for await (const { cells, place } of csvRecords(file)) {
    if (typeof cells === "string") yield { place, values: { [WRONG_WIDTH]: cells } };
    else if (!names) names = cells.map((cell) => cell.trim());
    else yield { place, values: cellsByName(cells, names, 0) };
  }
}

/** Cells of each record; of one whose quotes are wrong, what is. */
async function* csvRecords(
  file: string,
): AsyncGenerator<{ cells: string[] | string; place: string }> {
  let lines: string[] = [];
  let [size, isOpen, start] = [0, false, ""];
  for await (const { bytes, line } of linesOf(file, START, MAX_ROW_BYTES)) {
    const place = `${file}:${line}`;
    size += bytes?.length ?? MAX_ROW_BYTES;
    if (!bytes || size > MAX_ROW_BYTES) break;
    if (!isUtf8(bytes)) throw new RowError(place, "is not valid UTF-8; save the file as UTF-8");
    const text = bytes.toString("utf8").replace(/\r$/, "");
    if (lines.length === 0) {
      if (text.trim() === "") continue;
      start = place;
    }
    lines.push(line === 1 ? text.replace(/^\ufeff/, "") : text);
    if (text.split('"').length % 2 === 0) isOpen = !isOpen; // an odd number of quotes
    if (isOpen) continue;
    yield { cells: cellsOf(lines.join("\n")), place: start };
    lines = [];
    size = 0;
  }
  if (lines.length > 0 || size > 0) {
    throw new RowError(start || file, 'a quote (") is not closed, or the row is too long');
  }
}

function cellsOf(record: string): string[] | string {
  const cell = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y;
  const cells: string[] = [];
  for (;;) {
    const at = cell.lastIndex;
    const match = cell.exec(record);
    if (!match) return `column ${cells.length + 1} has a stray quote at character ${at + 1}`;
    cells.push(match[1] === undefined ? match[2]! : match[1].replaceAll('""', '"'));
    if (match[3] === "") return cells;
  }
}

/**
 * The JSON value of a whole file as a row.
 * @throws Error for a file over the limit, or one that is no JSON object
 */
export async function readJsonRow(
  file: string,
  { maxJsonBytes = MAX_JSON_BYTES }: ReaderOptions,
): Promise<Row> {
  const value = await readJson(file, { maxBytes: maxJsonBytes });
  if (isObject(value)) return { place: file, values: value };
  throw new Error(`${file}: expected a JSON object at the top, found ${show(value)}`);
}

/** The objects of a file that is one JSON array. */
export async function readJsonArray(
  file: string,
  { maxJsonBytes = MAX_JSON_BYTES }: ReaderOptions,
): Promise<Row[]> {
  const list = await readJson(file, { maxBytes: maxJsonBytes });
  if (!Array.isArray(list)) {
    throw new Error(`${file}: expected a JSON array at the top, found ${show(list)}`);
  }
  return list.map((values: unknown, i) => {
    const place = `${file}: [${i}]`;
    if (!isObject(values)) throw new RowError(place, `must be an object, found ${show(values)}`);
    return { place, values };
  });
}

/** Rows of a .jsonl, .parquet, .csv or .tsv file with a header; bytes of Parquet stay bytes. */
export async function* readTable(file: string): AsyncGenerator<Row> {
  const ending = extname(file).toLowerCase();
  if (ending === ".csv") yield* readCsv(file);
  else if (ending === ".tsv") yield* readTsv(file, "header");
  else if (ending === ".parquet" || ending === ".jsonl" || ending === ".ndjson") {
    const rows =
      ending === ".parquet"
        ? readParquet(file, START, MAX_ROW_BYTES, { utf8: false })
        : rowsOf(file, START, MAX_ROW_BYTES);
    for await (const raw of rows) {
      if ("problem" in raw)
        throw new Error(describeProblem({ file, line: raw.line, ...raw.problem }));
      yield { place: `${file}:${raw.line}`, values: raw.row };
    }
  } else throw new Error(`${file}: expected .jsonl, .parquet, .csv or .tsv, found "${ending}"`);
}
