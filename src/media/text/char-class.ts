/** Character classes of the byte-level BPE split patterns, one byte per code point. */

import { LETTERS, MARKS, NFC_INERT, NUMBERS, SPACES } from "./unicode-tables.ts";

export const OTHER = 0;
export const LETTER = 1;
export const NUMBER = 2;
export const SPACE = 3;
/** `\r` and `\n`; every other white space is SPACE. */
export const NEWLINE = 4;
/** Mask of the class inside a table's byte. */
export const CLASS = 7;
/** Flag: newer than the reference's normalisation tables, which leave the character alone. */
export const INERT = 8;

const CODE_POINTS = 0x110000;
const tables = new Map<boolean, Uint8Array>();

/**
 * Class of every code point, as the Rust tokenizers library sees it (its Unicode version differs
 * from Node's, so JavaScript's own `\p{L}` would give other ids on rare characters).
 *
 * @param marksAreLetters true for the Qwen3.5 pattern, where `\p{M}` joins runs of letters; for
 *   the earlier pattern marks are OTHER.
 */
export function classTable(marksAreLetters: boolean): Uint8Array {
  const known = tables.get(marksAreLetters);
  if (known !== undefined) return known;
  const table = new Uint8Array(CODE_POINTS);
  fill(LETTERS, (lo, hi) => table.fill(LETTER, lo, hi));
  fill(NUMBERS, (lo, hi) => table.fill(NUMBER, lo, hi));
  fill(SPACES, (lo, hi) => table.fill(SPACE, lo, hi));
  if (marksAreLetters) fill(MARKS, (lo, hi) => table.fill(LETTER, lo, hi));
  table[0x0a] = NEWLINE;
  table[0x0d] = NEWLINE;
  fill(NFC_INERT, (lo, hi) => {
    for (let c = lo; c < hi; c++) table[c]! |= INERT;
  });
  tables.set(marksAreLetters, table);
  return table;
}

/** Walks ranges packed as base-36 `gap+length` words (see unicode-tables.ts). */
function fill(packed: string, mark: (lo: number, hi: number) => void): void {
  let at = 0;
  for (const word of packed.split(" ")) {
    const [gap, length] = word.split("+");
    const lo = at + Number.parseInt(gap!, 36);
    const hi = lo + (length === undefined ? 1 : Number.parseInt(length, 36));
    mark(lo, hi);
    at = hi;
  }
}
