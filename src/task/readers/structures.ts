/** Structured data: Spider, DART, FeTaQA, sudoku. */

import { normaliseQuery } from "../../media/structure/sql.ts";
import { parseSudoku } from "../../media/structure/sudoku.ts";
import type { Schema, Table, Triple } from "../../media/types.ts";
import { convertCells, readCsv, readJsonArray, readTable } from "./read-rows.ts";
import {
  convertRows,
  listOf,
  type ReaderOptions,
  type Row,
  RowError,
  rowsIn,
  textOf,
  textsOf,
} from "./row.ts";

/**
 * Spider: train_spider.json or dev.json (`db_id`, `question`, `query`) and tables.json (`db_id`,
 * `table_names_original`, `column_names_original` as pairs of a table's number and a name).
 *
 * @param options.tables path of tables.json
 * @throws RowError naming file and entry, for a database without schema too
 */
export async function* readSpider(
  file: string,
  options: ReaderOptions & { readonly tables: string },
): AsyncGenerator<{ src: string; database: Schema; tgt: string }> {
  const schemas = new Map<string, Schema>();
  for (const row of await readJsonArray(options.tables, options)) {
    const schema = schemaOf(row);
    schemas.set(schema.name, schema);
  }
  yield* convertRows(await readJsonArray(file, options), options, (row) => {
    const id = textOf(row, "db_id");
    const database = schemas.get(id);
    if (!database) throw new RowError(row.place, `database "${id}" is not in ${options.tables}`);
    return {
      src: textOf(row, "question").trim(),
      database,
      tgt: normaliseQuery(textOf(row, "query")),
    };
  });
}

function schemaOf(row: Row): Schema {
  const tables = textsOf(row, "table_names_original").map((name) => ({
    name,
    columns: [] as string[],
  }));
  for (const [i, entry] of listOf(row, "column_names_original").entries()) {
    const [table, name]: unknown[] = Array.isArray(entry) ? entry : [];
    const where = `${row.place}, column_names_original[${i}]`;
    if (typeof table !== "number" || typeof name !== "string") {
      throw new RowError(where, "must be a table's number and a name");
    }
    if (table === -1) continue; // the star that stands for all columns
    if (!tables[table])
      throw new RowError(where, `table ${table} does not exist; there are ${tables.length}`);
    tables[table].columns.push(name);
  }
  return { name: textOf(row, "db_id"), tables };
}

/**
 * DART (dart-v1.1.1-full-train.json: an array with `tripleset` and `annotations` of `source` and
 * `text`): a record a set of triples; `tgt` is the first text, `references` are all.
 */
export async function* readDart(
  file: string,
  options: ReaderOptions = {},
): AsyncGenerator<{ database: Triple[]; tgt: string; references: string[] }> {
  yield* convertRows(await readJsonArray(file, options), options, (row) => {
    const database = listOf(row, "tripleset").map((entry, i): Triple => {
      const parts: unknown[] = Array.isArray(entry) ? entry : [];
      const [subject, relation, object] = parts;
      if (
        parts.length !== 3 ||
        typeof subject !== "string" ||
        typeof relation !== "string" ||
        typeof object !== "string"
      ) {
        throw new RowError(row.place, `tripleset[${i}] must be subject, relation and object`);
      }
      return [subject, relation, object];
    });
    if (database.length === 0) throw new RowError(row.place, `"tripleset" is empty`);
    const references = rowsIn(row, "annotations").map((each) => textOf(each, "text"));
    if (references.length === 0) throw new RowError(row.place, `"annotations" is empty`);
    return { database, tgt: references[0]!, references };
  });
}

/**
 * FeTaQA (fetaQA-v1_train.jsonl: `table_array` whose first row is the head, `question`, `answer`,
 * `table_page_title`, `table_section_title`).
 */
export const readFetaQa = (
  file: string,
  options: ReaderOptions = {},
): AsyncGenerator<{ database: Table; name: string; src: string; tgt: string }> =>
  convertRows(readTable(file), options, (row) => {
    const [columns, ...rows] = listOf(row, "table_array").map((cells, i) => {
      const where = { place: row.place, values: { [`table_array[${i}]`]: cells } };
      return textsOf(where, `table_array[${i}]`);
    });
    if (!columns) throw new RowError(row.place, `"table_array" is empty; expected a head`);
    const ragged = rows.findIndex(({ length }) => length !== columns.length);
    if (ragged >= 0) {
      throw new RowError(
        row.place,
        `table_array[${ragged + 1}] has ${rows[ragged]!.length} cells, expected ${columns.length}`,
      );
    }
    const title = (key: string) => (typeof row.values[key] === "string" ? row.values[key] : "");
    return {
      database: { columns, rows },
      name: `${title("table_page_title")} ${title("table_section_title")}`.trim(),
      src: textOf(row, "question"),
      tgt: textOf(row, "answer"),
    };
  });

/**
 * Sudoku of Kaggle: CSV with `quizzes` and `solutions` (1 million), or `puzzle` and `solution`
 * (3 and 9 million): 81 digits each, 0 or . for blank.
 */
export const readSudoku = (
  file: string,
  options: ReaderOptions = {},
): AsyncGenerator<{ src: number[][]; tgt: number[][] }> =>
  convertCells(readCsv(file), options, (row) => {
    const isPlural = row.values.quizzes !== undefined;
    const src = gridOf(row, isPlural ? "quizzes" : "puzzle");
    const tgt = gridOf(row, isPlural ? "solutions" : "solution");
    const differs = src.some((cells, i) =>
      cells.some((cell, j) => cell !== 0 && cell !== tgt[i]?.[j]),
    );
    if (differs) throw new RowError(row.place, "the solution changes a number of the puzzle");
    return { src, tgt };
  });

function gridOf(row: Row, key: string): number[][] {
  try {
    return parseSudoku(textOf(row, key));
  } catch (error) {
    if (error instanceof RowError) throw error;
    throw new RowError(
      row.place,
      `"${key}": ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
