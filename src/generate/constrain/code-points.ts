/** Sets of code points, and their texts as bytes: plain UTF-8, or inside a JSON string. */

import { rangeSet } from "./byte-set.ts";
import type { Regex, RegexStore } from "./regex-node.ts";

/** Sorted, disjoint [from, to] pairs of code points, both inclusive. */
export type CodePoints = readonly (readonly [number, number])[];

const LAST = 0x10ffff;

export function normalise(ranges: Iterable<readonly [number, number]>): CodePoints {
  const sorted = [...ranges].filter(([a, b]) => a <= b).sort(([a], [b]) => a - b);
  const merged: [number, number][] = [];
  for (const [from, to] of sorted) {
    const last = merged.at(-1);
    if (last && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else merged.push([from, to]);
  }
  return merged;
}

export function complement(ranges: CodePoints): CodePoints {
  const gaps: [number, number][] = [];
  let next = 0;
  for (const [from, to] of ranges) {
    if (from > next) gaps.push([next, from - 1]);
    next = to + 1;
  }
  if (next <= LAST) gaps.push([next, LAST]);
  return gaps;
}

export function intersect(a: CodePoints, b: CodePoints): CodePoints {
  return complement(normalise([...complement(a), ...complement(b)]));
}

export const hasCodePoint = (ranges: CodePoints, point: number): boolean =>
  ranges.some(([from, to]) => point >= from && point <= to);

export const anyCodePoint: CodePoints = [[0, LAST]];

/** How a set of characters is written in the text. */
export type Spelling = (store: RegexStore, points: CodePoints) => Regex;

/** As UTF-8. Halves of surrogate pairs have none and are left out. */
export const plain: Spelling = (store, points) => {
  const sequences: ByteRange[][] = [];
  for (const [from, to] of points) addSequences(from, to, sequences);
  return fromSequences(store, sequences, 0);
};

/**
 * As `JSON.stringify` writes them inside a string, one way for each character: `"`, `\` and
 * control characters as escapes, all others as they are.
 */
export const quoted: Spelling = (store, points) => {
  const escapes: Regex[] = [];
  for (const point of [0x22, 0x5c, ...Array.from({ length: 0x20 }, (_, i) => i)]) {
    if (!hasCodePoint(points, point)) continue;
    const text = JSON.stringify(String.fromCharCode(point)).slice(1, -1);
    escapes.push(store.literal(Buffer.from(text)));
  }
  return store.alt([plain(store, intersect(points, unescaped)), ...escapes]);
};

/** Characters that stand for themselves in a JSON string. */
const unescaped: CodePoints = [
  [0x20, 0x21],
  [0x23, 0x5b],
  [0x5d, LAST],
];

/** A character of a JSON string in every spelling that the format has. */
export function anyQuoted(store: RegexStore): Regex {
  const bytes = (text: string): Regex => store.literal(Buffer.from(text));
  const oneOf = (chars: string): Regex =>
    store.alt(Array.from(chars, (char) => store.set(rangeSet(char.charCodeAt(0)))));
  const hex = oneOf("0123456789abcdefABCDEF");
  const rest = (count: number): Regex => store.repeat(hex, count, count);
  const lowSurrogate = store.seq(bytes("\\u"), oneOf("dD"), oneOf("cdefCDEF"), rest(2));
  return store.alt([
    plain(store, unescaped),
    store.seq(bytes("\\"), oneOf('"\\/bfnrt')),
    store.seq(bytes("\\u"), oneOf("0123456789abcefABCEF"), rest(3)),
    store.seq(bytes("\\u"), oneOf("dD"), oneOf("01234567"), rest(2)),
    store.seq(bytes("\\u"), oneOf("dD"), oneOf("89abAB"), rest(2), lowSurrogate),
  ]);
}

type ByteRange = readonly [number, number];

/** Last code point of each length in bytes. */
const lengthEnds = [0x7f, 0x7ff, 0xffff, LAST];

/** Splits a range where lengths, or all the bytes behind the first, are not alike. */
function addSequences(from: number, to: number, out: ByteRange[][]): void {
  if (from > to) return;
  if (from <= 0xdfff && to >= 0xd800) {
    addSequences(from, 0xd7ff, out);
    addSequences(0xe000, to, out);
    return;
  }
  for (const end of lengthEnds) {
    if (from <= end && to > end) {
      addSequences(from, end, out);
      addSequences(end + 1, to, out);
      return;
    }
  }
  if (to <= 0x7f) {
    out.push([[from, to]]);
    return;
  }
  for (let bits = 6; bits <= 18; bits += 6) {
    const mask = 2 ** bits - 1;
    if (Math.floor(from / 2 ** bits) === Math.floor(to / 2 ** bits)) break;
    if ((from & mask) !== 0) {
      addSequences(from, from | mask, out);
      addSequences((from | mask) + 1, to, out);
      return;
    }
    if ((to & mask) !== mask) {
      addSequences(from, to - (to & mask) - 1, out);
      addSequences(to - (to & mask), to, out);
      return;
    }
  }
  const [a, b] = [utf8(from), utf8(to)];
  out.push(Array.from(a, (byte, i) => [byte, b[i]!] as const));
}

const utf8 = (point: number): Uint8Array => Buffer.from(String.fromCodePoint(point));

/** Alternatives by first byte; first bytes with the same rest become one set. */
function fromSequences(store: RegexStore, sequences: readonly ByteRange[][], at: number): Regex {
  const groups = new Map<string, ByteRange[][]>();
  for (const sequence of sequences) {
    const key = sequence[at]!.join();
    const group = groups.get(key);
    if (group) group.push(sequence);
    else groups.set(key, [sequence]);
  }
  const heads = new Map<Regex, Regex[]>();
  for (const group of groups.values()) {
    const [from, to] = group[0]![at]!;
    const isLast = group[0]!.length === at + 1;
    const rest = isLast ? store.empty : fromSequences(store, group, at + 1);
    const found = heads.get(rest) ?? [];
    found.push(store.set(rangeSet(from, to)));
    heads.set(rest, found);
  }
  return store.alt([...heads].map(([rest, sets]) => store.seq(store.alt(sets), rest)));
}
