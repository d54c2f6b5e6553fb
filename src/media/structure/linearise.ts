/** Tables, triples, database schemas and number grids as one line of text. */

import type { Cell, Schema, Structure, Table, Triple } from "../types.ts";
import { writeSudoku } from "./sudoku.ts";

const CELLS = " : ";
const ROWS = " | ";

export interface LineariseOptions {
  /** Lower case, as OFASys writes structures (default true). A database's name stays as it is. */
  readonly lowercase?: boolean;
  /**
   * Takes parentheses and double quotes out of cells and makes blanks of commas and underscores, as
   * OFASys does to tables (default false: 5,457,831 stays a number).
   */
  readonly clean?: boolean;
  /** Of the table, written before its head. */
  readonly name?: string;
  /** Values of a schema's column that the question mentions, written behind the column. */
  readonly valuesOf?: (table: string, column: string) => readonly string[];
}

/**
 * Any structure as text: rows joined by ` | `, their cells by ` : `. What is given is not changed.
 *
 * - table: `[table head] a : b [table content] 1 : 2 | 3 : 4`; rows alone for triples and grids
 * - schema: `| name | table : column , column | table : column`
 * - text: as it is
 *
 * @throws Error naming row and column for rows of unequal length and cells of other kinds
 * @see OFA-Sys/OFASys, ofasys/preprocessor/default/struct.py (presets `table` and `database`)
 * @example linearise([["Rome", "capital_of", "Italy"]]) // "rome : capital_of : italy"
 */
export function linearise(structure: Structure, options: LineariseOptions = {}): string {
  if (typeof structure === "string") return structure;
  if ("tables" in structure) return lineariseSchema(structure, options);
  if ("columns" in structure) return lineariseTable(structure, options);
  if (isGrid(structure)) return writeSudoku(structure);
  return lineariseRows("triples", structure, 3, options);
}

/** A table with its head; see {@link linearise}. */
export function lineariseTable(table: Table, options: LineariseOptions = {}): string {
  const { columns, rows } = table;
  if (columns.length === 0) throw new Error("table: it has no columns; give at least one");
  const content = lineariseRows("table", rows, columns.length, options);
  const head = lineariseRows("table head", [columns], columns.length, { ...options, clean: false });
  const name =
    options.name === undefined ? "" : `[table name] ${cased(options.name.trim(), options)} `;
  return `${name}[table head] ${head} [table content] ${content}`.trimEnd();
}

/** Subject, relation and object of each triple; see {@link linearise}. */
export const lineariseTriples = (triples: readonly Triple[], options?: LineariseOptions): string =>
  lineariseRows("triples", triples, 3, options);

/** Tables and columns of a database as Spider's models read them; see {@link linearise}. */
export function lineariseSchema(
  { name, tables }: Schema,
  { valuesOf = () => [], ...options }: LineariseOptions = {},
): string {
  const written = tables.map((table) => {
    const columns = table.columns.map((column) => {
      const values = valuesOf(table.name, column);
      return cased(column, options) + (values.length > 0 ? ` ( ${values.join(" , ")} )` : "");
    });
    return `${cased(table.name, options)}${CELLS}${columns.join(" , ")}`;
  });
  return ["", name, ...written].join(ROWS).trim();
}

function lineariseRows(
  what: string,
  rows: readonly (readonly Cell[])[],
  width: number,
  options: LineariseOptions = {},
): string {
  const written = rows.map((row, i) => {
    if (row.length !== width) {
      throw new Error(
        `${what}: row ${i + 1} has ${row.length} cells, expected ${width}; fill missing cells with ""`,
      );
    }
    return row
      .map((cell, j) => writeCell(cell, `${what}: row ${i + 1}, column ${j + 1}`, options))
      .join(CELLS);
  });
  return written.join(ROWS);
}

function writeCell(cell: Cell, where: string, options: LineariseOptions): string {
  if (typeof cell !== "string" && !Number.isFinite(cell)) {
    throw new Error(`${where}: expected text or a finite number, found ${String(cell)}`);
  }
  let text = String(cell);
  if (options.clean) text = text.replace(/[()"]/g, "").replace(/[,_]/g, " ");
  // what would look like the end of a cell or a row loses its blanks
  text = text.replace(/\s+/g, " ").trim().replaceAll(CELLS, ":").replaceAll(ROWS, "|");
  return cased(text, options);
}

const cased = (text: string, { lowercase = true }: LineariseOptions): string =>
  lowercase ? text.toLowerCase() : text;

/** A grid's first cell is a number; a triple's is text. */
const isGrid = (
  rows: readonly Triple[] | readonly (readonly number[])[],
): rows is readonly (readonly number[])[] => typeof rows[0]?.[0] === "number";
