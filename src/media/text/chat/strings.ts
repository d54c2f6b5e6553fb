/** Methods of Python's `str` that templates call, over plain JavaScript strings. */

// str.isspace() differs from JavaScript's \s: with U+001C to U+001F and U+0085, without U+FEFF.
const SPACE =
  "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const LEADING = new RegExp(`^[${SPACE}]+`);
const RUN = new RegExp(`[${SPACE}]+`);
const SEPARATORS = "\x1c-\x1e\x85\u2028\u2029";
const LINE_END = new RegExp(`\r\n|[\n-\r${SEPARATORS}]`);
const BLANK = new RegExp(`[${SPACE}]`);

/** `text.strip(chars)` and its one-sided forms; without `chars`, white space. */
export function strip(
  text: string,
  chars: string | undefined,
  side: "left" | "right" | "both",
): string {
  const set = chars === undefined ? undefined : new Set(chars);
  const goes = (c: string): boolean => (set === undefined ? BLANK.test(c) : set.has(c));
  let start = 0;
  let end = text.length;
  while (side !== "right" && start < end) {
    const first = String.fromCodePoint(text.codePointAt(start)!);
    if (!goes(first)) break;
    start += first.length;
  }
  while (side !== "left" && end > start) {
    const low = (text.charCodeAt(end - 1) & 0xfc00) === 0xdc00 && end - start > 1;
    const last = String.fromCodePoint(text.codePointAt(end - (low ? 2 : 1))!);
    const width = low && last.length === 2 ? 2 : 1;
    if (!goes(width === 2 ? last : text[end - 1]!)) break;
    end -= width;
  }
  return text.slice(start, end);
}

/** `text.split(separator, limit)`; without a separator, at runs of white space. */
export function split(text: string, separator: string | undefined, limit: number): string[] {
  if (separator === "") throw new Error("split: empty separator");
  const parts: string[] = [];
  let rest = separator === undefined ? text.replace(LEADING, "") : text;
  while (limit < 0 || parts.length < limit) {
    if (separator === undefined) {
      const run = RUN.exec(rest);
      if (run === null) break;
      parts.push(rest.slice(0, run.index));
      rest = rest.slice(run.index + run[0].length);
      if (rest === "") return parts;
    } else {
      const at = rest.indexOf(separator);
      if (at < 0) break;
      parts.push(rest.slice(0, at));
      rest = rest.slice(at + separator.length);
    }
  }
  if (separator !== undefined || rest !== "") parts.push(rest);
  return parts;
}

/** `text.rsplit(separator, limit)` with a separator. */
export function rsplit(text: string, separator: string, limit: number): string[] {
  const parts = split(text, separator, -1);
  if (limit < 0 || parts.length <= limit + 1) return parts;
  const head = parts.splice(0, parts.length - limit);
  return [head.join(separator), ...parts];
}

/** `text.splitlines()` */
export function splitLines(text: string): string[] {
  const lines = text.split(LINE_END);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** `text.capitalize()`: the rest becomes lower case. */
export function capitalize(text: string): string {
  const [first = "", ...rest] = text;
  return first.toUpperCase() + rest.join("").toLowerCase();
}

/** `text.title()` */
export const title = (text: string): string => text.replace(/\p{L}+/gu, (word) => capitalize(word));

/** Occurrences of `part` that do not overlap. */
export const count = (text: string, part: string): number =>
  part === "" ? Array.from(text).length + 1 : text.split(part).length - 1;

/** Position in code points, -1 if absent. */
export function find(text: string, part: string): number {
  const at = text.indexOf(part);
  return at < 0 ? -1 : Array.from(text.slice(0, at)).length;
}

/** `text.replace(from, to, limit)` */
export function replace(text: string, from: string, to: string, limit: number): string {
  if (from === "") {
    const points = Array.from(text);
    const times = limit < 0 ? points.length + 1 : Math.min(limit, points.length + 1);
    let out = "";
    for (let i = 0; i <= points.length; i++) out += (i < times ? to : "") + (points[i] ?? "");
    return out;
  }
  return limit < 0 ? text.split(from).join(to) : split(text, from, limit).join(to);
}

/** Order by code points, as Python compares text: negative, 0 or positive. */
export function compare(a: string, b: string): number {
  if (a === b) return 0;
  return Buffer.compare(Buffer.from(a), Buffer.from(b)); // UTF-8 keeps the order of code points
}
