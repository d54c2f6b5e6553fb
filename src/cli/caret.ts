/** Where in an instruction an error lies, shown under its column. */

import type { InstructionError } from "../task/grammar/instruction-error.ts";
import { displayWidth } from "./render.ts";

/** Characters of a line before and behind the place that are shown. */
const AROUND = 60;

/**
 * The line of the instruction, and a caret under the place.
 * @example
 * // [IMAGES:x] what is it? -> [TEXT]
 * //  ^
 */
export function caretLines({
  instruction,
  position,
}: Pick<InstructionError, "instruction" | "position">): string {
  const start = instruction.lastIndexOf("\n", position - 1) + 1;
  const end = instruction.indexOf("\n", position);
  const line = instruction.slice(start, end < 0 ? undefined : end).replaceAll("\t", " ");
  const column = position - start;
  const first = Math.max(0, column - AROUND);
  const before = `${first > 0 ? "…" : ""}${line.slice(first, column)}`;
  const behind = line.slice(column, column + AROUND);
  const rest = line.length > column + AROUND ? "…" : "";
  return `  ${before}${behind}${rest}\n  ${" ".repeat(displayWidth(before))}^`;
}
