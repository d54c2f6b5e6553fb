/** Walks automata through the vocabulary, with transitions in a table of numbers. */

import type { Budget } from "./budget.ts";
import type { TokenTrie } from "./token-trie.ts";

/** An automaton whose states are objects, made as far as they are asked for. */
export interface Machine<S extends object> {
  /** The state behind a byte, undefined where the byte cannot come. */
  step(state: S, byte: number): S | undefined;
  /** [256] class of each byte: bytes of one class lead to the same state. */
  classesOf(state: S): Uint8Array;
  /** What has been walked may be over in this state. */
  mayEnd(state: S): boolean;
  /** Of each state what is behind the kinds of characters (slices.ts), as far as it is known. */
  readonly behind: WeakMap<S, (S | null)[]>;
  /** States that are looked at to find whether all tokens of some kinds can come. */
  readonly reach: number;
  readonly budget: Budget;
}

/** Work that a node costs where its state is known: some nanoseconds. */
const UNITS_PER_NODE = 0.01;
/** Rows of the table, 1 kB each; with more states it is begun afresh. */
const MAX_ROWS = 4096;
const DEAD = -1;

/** One table for all walks: a walk is synchronous, and clears the rows that it uses. */
let table = new Int32Array(64 * 256);

/**
 * Allows, in `bits`, the tokens among the nodes from `from` to before `to`, children of one state.
 *
 * @param ends takes the nodes with tokens below at which the machine may end
 */
export function walkTrie<S extends object>(
  trie: TokenTrie,
  from: number,
  to: number,
  start: S,
  machine: Machine<S>,
  bits: Uint32Array,
  ends?: number[],
): void {
  if (from >= to) return;
  const { packed, end, token } = trie;
  machine.budget.spend((to - from) * UNITS_PER_NODE);
  const top = (packed[from]! >>> 10) - 1;
  // Of each depth the number of the state there.
  const path = new Int32Array(trie.maxDepth + 1 - top);
  let states: S[] = [];
  let numbers = new Map<S, number>();
  const numberOf = (state: S): number => {
    let number = numbers.get(state);
    if (number !== undefined) return number;
    number = states.push(state) - 1;
    numbers.set(state, number);
    if (table.length < states.length << 8) {
      const wider = new Int32Array(table.length * 2);
      wider.set(table);
      table = wider;
    }
    table.fill(0, number << 8, (number + 1) << 8);
    return number;
  };
  /** Fills a place of the table: 2 · (state + 1), and 1 where the machine may end. */
  const find = (number: number, byte: number, level: number): number => {
    const next = machine.step(states[number]!, byte);
    if (!next) {
      table[(number << 8) | byte] = DEAD;
      return DEAD;
    }
    if (states.length >= MAX_ROWS) {
      const open = Array.from(path.subarray(0, level), (old) => states[old]!);
      states = [];
      numbers = new Map();
      for (const [i, state] of open.entries()) path[i] = numberOf(state);
      return ((numberOf(next) + 1) << 1) | (machine.mayEnd(next) ? 1 : 0);
    }
    const entry = ((numberOf(next) + 1) << 1) | (machine.mayEnd(next) ? 1 : 0);
    table[(number << 8) | byte] = entry;
    return entry;
  };
  path[0] = numberOf(start);
  for (let node = from; node < to; ) {
    const word = packed[node]!;
    const level = (word >>> 10) - top;
    const number = path[level - 1]!;
    let entry = table[(number << 8) | (word & 255)]!;
    if (entry === 0) entry = find(number, word & 255, level);
    if (entry === DEAD) {
      node = end[node]!;
      continue;
    }
    path[level] = (entry >> 1) - 1;
    if ((word & 256) !== 0) {
      const id = token[node]!;
      bits[id >> 5]! |= 1 << (id & 31);
      if ((word & 512) !== 0) allowTwins(trie, id, bits);
    }
    if ((entry & 1) !== 0 && ends && end[node]! > node + 1) ends.push(node);
    node++;
  }
}

function allowTwins({ twin }: TokenTrie, first: number, bits: Uint32Array): void {
  for (let id = twin[first]!; id >= 0; id = twin[id]!) bits[id >> 5]! |= 1 << (id & 31);
}
