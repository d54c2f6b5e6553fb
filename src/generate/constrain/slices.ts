/**
 * The vocabulary cut by the kinds of characters in its tokens: where every character of some kinds
 * is welcome, all tokens made of them are allowed at once and only the others are walked.
 */

import { createTrie, type TokenText, type TokenTrie } from "./token-trie.ts";
import { type Machine, walkTrie } from "./trie-walk.ts";

export interface Slice {
  /** Bit k: tokens of the slice have characters of kind k; 0: of none, so they are walked. */
  readonly kinds: number;
  readonly trie: TokenTrie;
  /** The tokens of the slice. */
  readonly bits: Uint32Array;
}

type ByteRange = readonly [number, number];

const range = (from: string, to: string): ByteRange => [from.charCodeAt(0), to.charCodeAt(0)];

/**
 * Characters by kind, as ranges of each of their bytes. In no kind: `"`, `\`, control characters
 * (U+2028 and U+2029, which `.` leaves out, among them) and bytes that are no whole character.
 */
const kinds: readonly (readonly (readonly ByteRange[])[])[] = [
  [[range("a", "z")]],
  [[range("A", "Z")]],
  [[range("0", "9")]],
  [[range(" ", " ")]],
  [[range("!", "!")], [range("#", "/")], [range(":", "@")], [range("[", "[")]].concat([
    [range("]", "`")],
    [range("{", "~")],
  ]),
  [
    [
      [0xc3, 0xdf],
      [0x80, 0xbf],
    ],
    [
      [0xe0, 0xe0],
      [0xa0, 0xbf],
      [0x80, 0xbf],
    ],
    [
      [0xe1, 0xe1],
      [0x80, 0xbf],
      [0x80, 0xbf],
    ],
    [
      [0xe2, 0xe2],
      [0x80, 0x80],
      [0x80, 0xa7],
    ],
    [
      [0xe2, 0xe2],
      [0x80, 0x80],
      [0xaa, 0xbf],
    ],
    [
      [0xe2, 0xe2],
      [0x81, 0xbf],
      [0x80, 0xbf],
    ],
    [
      [0xe3, 0xec],
      [0x80, 0xbf],
      [0x80, 0xbf],
    ],
    [
      [0xed, 0xed],
      [0x80, 0x9f],
      [0x80, 0xbf],
    ],
    [
      [0xee, 0xef],
      [0x80, 0xbf],
      [0x80, 0xbf],
    ],
    [
      [0xf0, 0xf0],
      [0x90, 0xbf],
      [0x80, 0xbf],
      [0x80, 0xbf],
    ],
    [
      [0xf1, 0xf3],
      [0x80, 0xbf],
      [0x80, 0xbf],
      [0x80, 0xbf],
    ],
    [
      [0xf4, 0xf4],
      [0x80, 0x8f],
      [0x80, 0xbf],
      [0x80, 0xbf],
    ],
  ],
];

/** Kinds of a token's characters, or 0 where some byte is of none. */
function kindsOf(bytes: Uint8Array): number {
  let found = 0;
  for (let at = 0; at < bytes.length; ) {
    const length = kinds.findIndex((sequences, kind) => {
      const sequence = sequences.find((ranges) =>
        ranges.every(([from, to], i) => bytes[at + i]! >= from && bytes[at + i]! <= to),
      );
      if (sequence) {
        found |= 1 << kind;
        at += sequence.length;
      }
      return sequence !== undefined;
    });
    if (length < 0) return 0;
  }
  return found;
}

export function createSlices(texts: readonly TokenText[], vocabSize: number): Slice[] {
  const groups = new Map<number, TokenText[]>();
  for (const text of texts) {
    const of = kindsOf(text.bytes);
    const group = groups.get(of);
    if (group) group.push(text);
    else groups.set(of, [text]);
  }
  return Array.from(groups, ([of, group]) => {
    const bits = new Uint32Array((vocabSize + 31) >> 5);
    for (const { id } of group) bits[id >> 5]! |= 1 << (id & 31);
    const trie = createTrie(group, vocabSize);
    return { kinds: of, trie, bits };
  });
}

/**
 * Allows the tokens of all slices that a machine takes.
 *
 * @param wantsEnds whether the places where the machine may end are asked for
 * @returns of each slice the nodes with tokens below at which the machine may end; undefined where
 *   they are wanted and as good as all nodes of a slice
 */
export function walkSlices<S extends object>(
  slices: readonly Slice[],
  start: S,
  machine: Machine<S>,
  bits: Uint32Array,
  wantsEnds: boolean,
): readonly (readonly number[])[] | undefined {
  const { behind } = machine;
  let endsAnywhere = false;
  /** All tokens of up to `longest` characters of these kinds can come. */
  const takesAll = (of: number): boolean => {
    const seen = new Set([start]);
    let mayEnd = false;
    for (const state of seen) {
      if (wantsEnds && state !== start && machine.mayEnd(state)) mayEnd = true;
      for (let kind = 0; kind < kinds.length; kind++) {
        if ((of & (1 << kind)) === 0) continue;
        const next = targetOf(machine, behind, state, kind);
        if (!next) return false;
        seen.add(next);
      }
      if (seen.size > machine.reach) return false;
    }
    endsAnywhere ||= mayEnd;
    return true;
  };
  const found: number[][] = [];
  for (const slice of slices) {
    const ends: number[] = [];
    found.push(ends);
    if (slice.kinds !== 0 && takesAll(slice.kinds)) {
      if (endsAnywhere) return undefined;
      for (let i = 0; i < bits.length; i++) bits[i]! |= slice.bits[i]!;
      continue;
    }
    walkTrie(slice.trie, 0, slice.trie.count, start, machine, bits, wantsEnds ? ends : undefined);
  }
  return found;
}

/** The one state behind every character of a kind; null where there are several, or none. */
function targetOf<S extends object>(
  machine: Machine<S>,
  known: WeakMap<S, (S | null)[]>,
  state: S,
  kind: number,
): S | null {
  let targets = known.get(state);
  if (!targets) {
    targets = [];
    known.set(state, targets);
  }
  const found = targets[kind];
  if (found !== undefined) return found;
  const target = findTarget(machine, state, kinds[kind]!);
  targets[kind] = target;
  return target;
}

function findTarget<S extends object>(
  machine: Machine<S>,
  start: S,
  sequences: readonly (readonly ByteRange[])[],
): S | null {
  let target: S | undefined;
  for (const sequence of sequences) {
    let states = new Set([start]);
    for (const [from, to] of sequence) {
      const next = new Set<S>();
      for (const state of states) {
        const classes = machine.classesOf(state);
        const seen = new Set<number>();
        for (let byte = from; byte <= to; byte++) {
          if (seen.has(classes[byte]!)) continue;
          seen.add(classes[byte]!);
          const behind = machine.step(state, byte);
          if (!behind) return null;
          next.add(behind);
        }
      }
      states = next;
    }
    for (const state of states) {
      target ??= state;
      if (state !== target) return null;
    }
  }
  return target ?? null;
}
