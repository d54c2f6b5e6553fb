/** Bytes of text: the byte-level alphabet of GPT-2 and UTF-8 from UTF-16 units. */

/**
 * The printable character that stands for each byte in a byte-level vocabulary: the byte's own
 * Latin-1 character where that is printable, the others from U+0100 on, in order.
 */
export const byteChars: readonly string[] = (() => {
  const chars: string[] = [];
  let spare = 0x100;
  for (let byte = 0; byte < 256; byte++) {
    const printable =
      (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    chars.push(String.fromCharCode(printable ? byte : spare++));
  }
  return chars;
})();

/** Byte of each character of the alphabet, -1 for other characters below U+0180. */
const charBytes = new Int16Array(0x180).fill(-1);
byteChars.forEach((char, byte) => {
  charBytes[char.charCodeAt(0)] = byte;
});

const utf8 = new TextEncoder();

/**
 * Bytes that a token of a byte-level vocabulary stands for. A token with a character outside
 * the byte alphabet stands for its own UTF-8 bytes, as in the reference library.
 */
export function tokenBytes(token: string): Uint8Array {
  const bytes = new Uint8Array(token.length);
  return writeTokenBytes(token, bytes, 0) ? bytes : utf8.encode(token);
}

/** Writes the bytes at `at`, one a character; false if a character is not of the alphabet. */
export function writeTokenBytes(token: string, out: Uint8Array, at: number): boolean {
  for (let i = 0; i < token.length; i++) {
    const unit = token.charCodeAt(i);
    const byte = unit < 0x180 ? charBytes[unit]! : -1;
    if (byte < 0) return false;
    out[at + i] = byte;
  }
  return true;
}

/**
 * Writes units[start, end) as UTF-8 and returns the number of bytes; half a surrogate pair
 * becomes U+FFFD. `out` must hold 3 bytes a unit.
 */
export function writeUtf8(units: Uint16Array, start: number, end: number, out: Uint8Array): number {
  let n = 0;
  for (let i = start; i < end; i++) {
    let c = units[i]!;
    if (c < 0x80) {
      out[n++] = c;
    } else if (c < 0x800) {
      out[n++] = 0xc0 | (c >> 6);
      out[n++] = 0x80 | (c & 0x3f);
    } else {
      if ((c & 0xf800) === 0xd800) {
        const low = i + 1 < end ? units[i + 1]! : 0;
        if (c < 0xdc00 && (low & 0xfc00) === 0xdc00) {
          c = 0x10000 + ((c & 0x3ff) << 10) + (low & 0x3ff);
          i++;
          out[n++] = 0xf0 | (c >> 18);
          out[n++] = 0x80 | ((c >> 12) & 0x3f);
          out[n++] = 0x80 | ((c >> 6) & 0x3f);
          out[n++] = 0x80 | (c & 0x3f);
          continue;
        }
        c = 0xfffd;
      }
      out[n++] = 0xe0 | (c >> 12);
      out[n++] = 0x80 | ((c >> 6) & 0x3f);
      out[n++] = 0x80 | (c & 0x3f);
    }
  }
  return n;
}
