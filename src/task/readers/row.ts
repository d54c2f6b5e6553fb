/** Rows of data sets: values with a place to name in errors. */

import { isObject, show } from "../../checkpoint/json.ts";

/** What all readers take. */
export interface ReaderOptions {
  /** Takes errors of single rows and goes on; without it the first one is thrown. */
  readonly onProblem?: (problem: RowError) => void;
  /** The closed set that labels and answers must come from (default: anything). */
  readonly labels?: readonly string[];
  /** Largest image in a row, in bytes (default 64 MiB). */
  readonly maxMediaBytes?: number;
  /** Largest JSON file that is read as a whole, in bytes (default 500 MiB). */
  readonly maxJsonBytes?: number;
}

/** A row that cannot be used: where it stands, what was found, what was expected. */
export class RowError extends Error {
  /** `file:line`, or the file and the path of the entry in it. */
  readonly place: string;

  constructor(place: string, problem: string) {
    super(`${place}: ${problem}`);
    this.name = "RowError";
    this.place = place;
  }
}

export interface Row {
  readonly place: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** Turns rows into records; a row that throws is reported or thrown. */
export async function* convertRows<T>(
  rows: AsyncIterable<Row> | Iterable<Row>,
  { onProblem }: ReaderOptions,
  convert: (row: Row) => T | Promise<T>,
): AsyncGenerator<T> {
  for await (const row of rows) {
    let record: T;
    try {
      record = await convert(row);
    } catch (error) {
      if (!(error instanceof RowError) || !onProblem) throw error;
      onProblem(error);
      continue;
    }
    yield record;
  }
}

/** Any value but null. */
export function valueAt({ place, values }: Row, key: string): unknown {
  const value = Object.hasOwn(values, key) ? values[key] : undefined;
  if (value !== undefined && value !== null) return value;
  const names = Object.keys(values).join(", ");
  throw new RowError(place, `no value for "${key}"; the row has ${names || "none"}`);
}

/** Text that is not blank. */
export function textOf(row: Row, key: string): string {
  const value = valueAt(row, key);
  if (typeof value !== "string") {
    throw new RowError(row.place, `"${key}" must be text, found ${show(value)}`);
  }
  if (value.trim() === "") throw new RowError(row.place, `"${key}" is blank; expected text`);
  return value;
}

/** Text or a number, as text: ids come as either. */
export function idOf(row: Row, key: string): string {
  const value = valueAt(row, key);
  return typeof value === "number" ? String(value) : textOf(row, key);
}

export function integerOf(row: Row, key: string): number {
  const value = valueAt(row, key);
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof number === "number" && Number.isSafeInteger(number)) return number;
  throw new RowError(row.place, `"${key}" must be a whole number, found ${show(value)}`);
}

export function listOf(row: Row, key: string): readonly unknown[] {
  const value = valueAt(row, key);
  if (Array.isArray(value)) return value;
  throw new RowError(row.place, `"${key}" must be an array, found ${show(value)}`);
}

/** The entries of an array of objects, each with its own place. */
export function rowsIn(row: Row, key: string): Row[] {
  return listOf(row, key).map((values, i) => {
    const place = `${row.place}, ${key}[${i}]`;
    if (!isObject(values)) throw new RowError(place, `must be an object, found ${show(values)}`);
    return { place, values };
  });
}

export function textsOf(row: Row, key: string): string[] {
  return listOf(row, key).map((value, i) => {
    if (typeof value === "string") return value;
    throw new RowError(row.place, `"${key}"[${i}] must be text, found ${show(value)}`);
  });
}

/** @throws RowError for a label outside the closed set */
export function checkLabel(label: string, place: string, { labels }: ReaderOptions): string {
  if (!labels || labels.includes(label)) return label;
  const some = labels.slice(0, 6).join(", ") + (labels.length > 6 ? ", …" : "");
  throw new RowError(place, `label ${JSON.stringify(label)} is not in the closed set (${some})`);
}

/** Four finite numbers, left before right and top before bottom, in pixels. */
export function boxFrom(
  sides: readonly unknown[],
  place: string,
): [left: number, top: number, right: number, bottom: number] {
  const [left, top, right, bottom] = sides.map(Number);
  const isBox = sides.length === 4 && left! < right! && top! < bottom!;
  if (isBox && sides.every((side) => Number.isFinite(Number(side)))) {
    return [left!, top!, right!, bottom!];
  }
  throw new RowError(
    place,
    `a box must be left, top, right, bottom with left < right and top < bottom, found ${show(sides.join(","))}`,
  );
}
