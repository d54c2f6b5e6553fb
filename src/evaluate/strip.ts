/** Blanks as Python's `str.strip` knows them, which decide what lm-evaluation-harness cuts. */

/** JavaScript's, without the byte-order mark, and the separators U+001C to U+001F and U+0085. */
const isBlank = (unit: string): boolean =>
  (unit >= "\u001c" && unit <= "\u001f") ||
  unit === "\u0085" ||
  (unit !== "\ufeff" && unit.trim() === "");

/** A text without the blanks at its end. */
export function stripEnd(text: string): string {
  let end = text.length;
  while (end > 0 && isBlank(text[end - 1]!)) end--;
  return text.slice(0, end);
}

/** A text without the blanks around it. */
export function strip(text: string): string {
  const left = stripEnd(text);
  let start = 0;
  while (start < left.length && isBlank(left[start]!)) start++;
  return left.slice(start);
}
