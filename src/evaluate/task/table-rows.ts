/** Rows of local files, one after the other; one that cannot be read is an error in its place. */

import { extname } from "node:path";
import { isObject, readJson, show } from "../../checkpoint/json.ts";
import { checkWidth, readCsv, readTsv } from "../../task/readers/read-rows.ts";
import { type Row, RowError } from "../../task/readers/row.ts";
import { MAX_ROW_BYTES } from "../../train/data/raw-row.ts";
import { START } from "../../train/data/read-lines.ts";
import { readParquet } from "../../train/data/read-parquet.ts";
import { rowsOf } from "../../train/data/read-rows.ts";

export interface RowFormat {
  /** Of CSV files without a header. */
  readonly columns?: readonly string[];
  /** Key of the rows in a JSON object (default: the first that holds a list). */
  readonly list?: string;
}

/**
 * Rows of a .jsonl, .ndjson, .json (one array), .csv, .tsv, .parquet or text file.
 *
 * @throws Error for a file as a whole: it is missing, or holds no rows
 */
export async function* tableRows(
  path: string,
  { columns, list }: RowFormat = {},
): AsyncGenerator<Row | RowError> {
  const ending = extname(path).toLowerCase();
  if (ending === ".csv") yield* cellRows(readCsv(path, columns));
  else if (ending === ".tsv") yield* cellRows(readTsv(path, columns ?? "header"));
  else if (ending === ".json") yield* jsonRows(path, list);
  else {
    const isParquet = ending === ".parquet";
    const rows = isParquet
      ? readParquet(path, START, MAX_ROW_BYTES, { utf8: false })
      : rowsOf(path, START, MAX_ROW_BYTES);
    for await (const raw of rows) {
      const place = `${path}:${raw.line}`;
      if ("row" in raw) {
        yield { place, values: raw.row };
        continue;
      }
      const { field, found, fix } = raw.problem;
      yield new RowError(place, `${field ? `${field} ` : ""}${found}; ${fix}`);
    }
  }
}

async function* cellRows(rows: AsyncIterable<Row>): AsyncGenerator<Row | RowError> {
  try {
    for await (const row of rows) yield problemOf(row) ?? row;
  } catch (error) {
    if (!(error instanceof RowError)) throw error;
    yield error; // nothing behind an open quote can be told apart
  }
}

function problemOf(row: Row): RowError | undefined {
  try {
    checkWidth(row);
    return undefined;
  } catch (error) {
    if (error instanceof RowError) return error;
    throw error;
  }
}

async function* jsonRows(path: string, key: string | undefined): AsyncGenerator<Row | RowError> {
  const value = await readJson(path, { maxBytes: 500 * 2 ** 20 });
  const inside = (found: Readonly<Record<string, unknown>>): unknown =>
    key === undefined ? Object.values(found).find(Array.isArray) : found[key];
  const list = isObject(value) ? inside(value) : value;
  if (!Array.isArray(list)) {
    throw new Error(`${path}: expected an array${key ? ` in "${key}"` : ""}, found ${show(value)}`);
  }
  for (const [i, values] of list.entries()) {
    const place = `${path}: [${i}]`;
    if (isObject(values)) yield { place, values };
    else yield new RowError(place, `must be an object, found ${show(values)}`);
  }
}
