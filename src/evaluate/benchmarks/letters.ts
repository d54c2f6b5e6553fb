/** Options that are called A, B, C, … */

import { show } from "../../checkpoint/json.ts";
import { type Row, RowError, valueAt } from "../../task/readers/row.ts";

export const letters: readonly string[] = [..."ABCDEFGHIJ"];

/** @example optionLines(["4", "5"]) // "A. 4\nB. 5" */
export const optionLines = (options: readonly string[]): string =>
  options.map((option, i) => `${letters[i]}. ${option}`).join("\n");

/**
 * The index of an answer that is a letter or an index.
 *
 * @throws RowError for an answer outside the options
 */
export function indexOf(row: Row, key: string, options: number): number {
  const value = valueAt(row, key);
  const text = String(value).trim();
  const index = /^\d+$/.test(text) ? Number(text) : letters.indexOf(text);
  if (index >= 0 && index < options) return index;
  const names = letters.slice(0, options).join(", ");
  throw new RowError(row.place, `"${key}" is ${show(value)}, expected one of ${names}`);
}
