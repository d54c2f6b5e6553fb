/** Canonical composition, with the reference library's tables. */

import { classTable, INERT } from "./char-class.ts";

/** Below U+0300 nothing reorders, composes or decomposes under NFC. */
const FIRST_AFFECTED = 0x300;

/**
 * NFC as the Rust tokenizers library computes it (Unicode 9 tables): characters added to Unicode
 * later are starters that take no part in composition, so the text is normalised between them.
 * Text that NFC cannot change is returned as it is.
 */
export function nfc(text: string): string {
  let affected = false;
  const table = classTable(false);
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < FIRST_AFFECTED) continue;
    affected = true;
    if ((table[unit]! & INERT) !== 0) return nfcAroundInert(text, table);
    // Astral inert characters are marked by code point; their high surrogate leads here.
    if (unit >= 0xd800 && unit < 0xdc00 && (table[text.codePointAt(i)!]! & INERT) !== 0) {
      return nfcAroundInert(text, table);
    }
  }
  return affected ? text.normalize("NFC") : text;
}

function nfcAroundInert(text: string, table: Uint8Array): string {
  let out = "";
  let start = 0;
  for (let i = 0; i < text.length; ) {
    const point = text.codePointAt(i)!;
    const width = point > 0xffff ? 2 : 1;
    if ((table[point]! & INERT) !== 0) {
      out += text.slice(start, i).normalize("NFC") + text.slice(i, i + width);
      start = i + width;
    }
    i += width;
  }
  return out + text.slice(start).normalize("NFC");
}
