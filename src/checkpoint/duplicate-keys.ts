/** JSON.parse keeps the last of two equal keys in silence; a second tensor of a name is an error. */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * The first key that occurs twice in one object of a valid JSON text, if any.
 *
 * A single pass over the bytes: depth by braces, keys as the strings followed by a colon.
 *
 * @param bytes UTF-8 JSON that JSON.parse has accepted
 */
export function findDuplicateKey(bytes: Uint8Array): string | undefined {
  const decoder = new TextDecoder();
  // One set an open object; arrays push undefined so that closing brackets pop evenly.
  const open: (Set<string> | undefined)[] = [];
  let i = 0;
  while (i < bytes.length) {
    const byte = bytes[i];
    if (byte === 0x7b) open.push(new Set());
    else if (byte === 0x5b) open.push(undefined);
    else if (byte === 0x7d || byte === 0x5d) open.pop();
    if (byte !== QUOTE) {
      i++;
      continue;
    }
    const start = i++;
    while (i < bytes.length && bytes[i] !== QUOTE) i += bytes[i] === BACKSLASH ? 2 : 1;
    const end = ++i;
    while (i < bytes.length && isSpace(bytes[i])) i++;
    const keys = open.at(-1);
    if (bytes[i] !== 0x3a || !keys) continue;
    // Escapes make two spellings of one key, so keys are compared decoded.
    const key = String(JSON.parse(decoder.decode(bytes.subarray(start, end))));
    if (keys.has(key)) return key;
    keys.add(key);
  }
  return undefined;
}

const isSpace = (byte: number) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
