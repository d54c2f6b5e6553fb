/**
 * The split patterns of the Qwen family as a hand-written scanner over UTF-16 units.
 * The pattern (Qwen2 to Qwen3), its alternatives tried in order at each position:
 *
 *   1. (?i:'s|'t|'re|'ve|'m|'ll|'d)        contractions
 *   2. [^\r\n\p{L}\p{N}]?\p{L}+            letters, with one character before them
 *   3. \p{N}                               one digit
 *   4.  ?[^\s\p{L}\p{N}]+[\r\n]*           punctuation, with one space before, newlines after
 *   5. \s*[\r\n]+                          white space up to its last newline
 *   6. \s+(?!\S)                           white space, less the unit that leads the next word
 *   7. \s+
 *
 * Every character matches one alternative, so the pieces cover the text.
 */

import { CLASS, classTable, LETTER, NEWLINE, NUMBER, OTHER, SPACE } from "./char-class.ts";

/** What varies between the published patterns. */
export interface SplitRule {
  /** `[\p{L}\p{M}]+` instead of `\p{L}+`, and marks are not punctuation (Qwen3.5). */
  readonly marksAreLetters: boolean;
  /** `\p{N}{1,maxDigits}`: 1 in Qwen, 3 in cl100k. */
  readonly maxDigits: number;
}

const build = (letters: string, notPunctuation: string, numbers: string): string =>
  `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?${letters}+|${numbers}` +
  `| ?[^\\s${notPunctuation}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`;

/** The split pattern of Qwen1.5 to Qwen3, as it stands in their tokenizer.json. */
export const QWEN2_PATTERN = build("\\p{L}", "\\p{L}\\p{N}", "\\p{N}");

/** Patterns the scanner implements, by their text in tokenizer.json. */
export const splitRules: ReadonlyMap<string, SplitRule> = new Map([
  [QWEN2_PATTERN, { marksAreLetters: false, maxDigits: 1 }],
  [
    build("[\\p{L}\\p{M}]", "\\p{L}\\p{M}\\p{N}", "\\p{N}"),
    { marksAreLetters: true, maxDigits: 1 },
  ],
  [
    build("\\p{L}", "\\p{L}\\p{N}", "\\p{N}{1,3}"), // cl100k, as in Llama 3
    { marksAreLetters: false, maxDigits: 3 },
  ],
]);

export const QWEN2_RULE: SplitRule = splitRules.get(QWEN2_PATTERN)!;

/** Finds the end of the piece that starts at `at`; `end` is the end of the text. */
export type PieceScanner = (units: Uint16Array, at: number, end: number) => number;

/** The scanner of one pattern. */
export function pieceScanner(rule: SplitRule): PieceScanner {
  const table = classTable(rule.marksAreLetters);
  const { maxDigits } = rule;

  /** Code point at `i`; half a surrogate pair stands for itself (class OTHER). */
  function pointAt(units: Uint16Array, i: number, end: number): number {
    const unit = units[i]!;
    if ((unit & 0xfc00) === 0xd800 && i + 1 < end) {
      const low = units[i + 1]!;
      if ((low & 0xfc00) === 0xdc00) return 0x10000 + ((unit & 0x3ff) << 10) + (low & 0x3ff);
    }
    return unit;
  }

  /** End of the run of `wanted` that starts at `i`. */
  function runEnd(units: Uint16Array, from: number, end: number, wanted: number): number {
    let i = from;
    while (i < end) {
      const point = pointAt(units, i, end);
      if ((table[point]! & CLASS) !== wanted) break;
      i += point > 0xffff ? 2 : 1;
    }
    return i;
  }

  function punctuationEnd(units: Uint16Array, from: number, end: number): number {
    return runEnd(units, runEnd(units, from, end, OTHER), end, NEWLINE);
  }

  function whiteSpaceEnd(units: Uint16Array, at: number, end: number): number {
    let i = at;
    let afterNewline = -1;
    while (i < end) {
      const kind = table[units[i]!]! & CLASS; // white space is all in the basic plane
      if (kind === NEWLINE) afterNewline = i + 1;
      else if (kind !== SPACE) break;
      i++;
    }
    if (afterNewline >= 0) return afterNewline;
    return i === end || i === at + 1 ? i : i - 1;
  }

  return (units, at, end) => {
    const point = pointAt(units, at, end);
    const kind = table[point]! & CLASS;
    const next = at + (point > 0xffff ? 2 : 1);
    if (kind === LETTER) return runEnd(units, next, end, LETTER);
    if (kind === NUMBER) {
      let i = next;
      for (let digits = 1; digits < maxDigits && i < end; digits++) {
        const digit = pointAt(units, i, end);
        if ((table[digit]! & CLASS) !== NUMBER) break;
        i += digit > 0xffff ? 2 : 1;
      }
      return i;
    }
    if (kind === OTHER && point === 0x27) {
      const contraction = contractionEnd(units, at, end);
      if (contraction > at) return contraction;
    }
    if (kind !== NEWLINE && next < end) {
      const following = table[pointAt(units, next, end)]! & CLASS;
      if (following === LETTER) return runEnd(units, next, end, LETTER);
      if (point === 0x20 && following === OTHER) return punctuationEnd(units, next, end);
    }
    return kind === OTHER ? punctuationEnd(units, at, end) : whiteSpaceEnd(units, at, end);
  };
}

/**
 * End of `'s 't 're 've 'm 'll 'd` at `at` in any case, or -1. Simple case folding also
 * makes U+017F (long s) an `s`.
 */
function contractionEnd(units: Uint16Array, at: number, end: number): number {
  if (at + 1 >= end) return -1;
  const first = units[at + 1]! | 0x20;
  if (units[at + 1] === 0x17f) return at + 2;
  if (units[at + 1]! > 0x7f) return -1;
  switch (first) {
    case 0x73: // s
    case 0x74: // t
    case 0x6d: // m
    case 0x64: // d
      return at + 2;
    case 0x72: // re
    case 0x76: // ve
      return at + 2 < end && isLetter(units[at + 2]!, 0x65) ? at + 3 : -1;
    case 0x6c: // ll
      return at + 2 < end && isLetter(units[at + 2]!, 0x6c) ? at + 3 : -1;
    default:
      return -1;
  }
}

const isLetter = (unit: number, lower: number): boolean => unit < 0x80 && (unit | 0x20) === lower;
