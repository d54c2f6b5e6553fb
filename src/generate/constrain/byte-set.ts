/** Sets of bytes, 256 bits each. */

/** Bit b & 31 of word b >> 5: byte b is in the set. */
export type ByteSet = Uint32Array;

export const emptySet = (): ByteSet => new Uint32Array(8);

export function rangeSet(from: number, to = from): ByteSet {
  const set = emptySet();
  for (let byte = from; byte <= to; byte++) addByte(set, byte);
  return set;
}

export function addByte(set: ByteSet, byte: number): void {
  set[byte >> 5]! |= 1 << (byte & 31);
}

export const hasByte = (set: ByteSet, byte: number): boolean =>
  ((set[byte >> 5]! >>> (byte & 31)) & 1) === 1;

export const unionSet = (a: ByteSet, b: ByteSet): ByteSet => a.map((word, i) => word | b[i]!);

/** Bytes that no set tells apart, as one class; `of` is the class of each byte. */
export interface ByteClasses {
  readonly of: Uint8Array;
  /** One byte of each class. */
  readonly examples: readonly number[];
}

export function byteClasses(sets: readonly ByteSet[]): ByteClasses {
  let of = new Uint8Array(256);
  let count = 1;
  for (const set of sets) {
    const split = new Map<number, number>();
    const next = new Uint8Array(256);
    for (let byte = 0; byte < 256; byte++) {
      const key = of[byte]! * 2 + (hasByte(set, byte) ? 1 : 0);
      let found = split.get(key);
      if (found === undefined) {
        found = split.size;
        split.set(key, found);
      }
      next[byte] = found;
    }
    of = next;
    count = split.size;
  }
  const examples = new Array<number>(count).fill(-1);
  for (let byte = 255; byte >= 0; byte--) examples[of[byte]!] = byte;
  return { of, examples };
}
