/** What readers give: rows as they stand in files. */

import type { RowProblem } from "./problem.ts";
import type { Position } from "./read-lines.ts";

/** What a row holds, or why it cannot be read. */
export type Content =
  | { readonly row: Readonly<Record<string, unknown>> }
  | { readonly problem: RowProblem };

export type RawRow = Content & {
  /** From 1. */
  readonly line: number;
  /** From where to read on behind it. */
  readonly next: Position;
};

/** Longest row: a longer one is not a row but a file of another kind. */
export const MAX_ROW_BYTES = 64 * 2 ** 20;

export const bad = (problem: RowProblem): Content => ({ problem });

export const tooLong = (max: number): Content =>
  bad({
    rule: "length",
    found: `is longer than ${max} bytes`,
    fix: "cut it into rows; is it a file of another kind?",
  });
