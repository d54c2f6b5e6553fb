/** Tokens that a terminal allows by itself, computed once for each of its states. */

import type { Regex, RegexStore } from "./regex-node.ts";
import { allowNode, type TokenTrie, walkTrie } from "./token-trie.ts";
import { SHORT, type Vocabulary } from "./vocabulary.ts";

export interface TerminalMask {
  /** Tokens that stay within the terminal, from its first byte to their last. */
  readonly bits: Uint32Array;
  /** Nodes with tokens below at which the terminal may be over: what follows decides. */
  readonly shortEnds: readonly number[];
  readonly longEnds: readonly number[];
}

/** Masks kept at most: some 19 kB each for a vocabulary of 150,000. */
const MAX_MASKS = 1500;

const kept = new WeakMap<RegexStore, Regex[]>();

/** The mask of a terminal that is at `state`. */
export function terminalMask(vocabulary: Vocabulary, state: Regex): TerminalMask {
  if (state.mask) return state.mask;
  const { store, short, long } = vocabulary;
  const bits = new Uint32Array((vocabulary.size + 31) >> 5);
  const clamped = clampCounts(store, state);
  let shortEnds: readonly number[];
  if (clamped === state) shortEnds = walk(short, store, state, bits);
  else {
    const near = terminalMask(vocabulary, clamped);
    // The clamped state's long tokens may be too long here: those are walked on their own.
    bits.set(near.bits);
    for (let node = 0; node < long.count; node++) forbidNode(long, node, bits);
    shortEnds = near.shortEnds;
  }
  const longEnds = walk(long, store, state, bits);
  state.mask = { bits, shortEnds, longEnds };
  remember(store, state);
  return state.mask;
}

function walk(trie: TokenTrie, store: RegexStore, from: Regex, bits: Uint32Array): number[] {
  const ends: number[] = [];
  const { byte, end, token } = trie;
  const { none, budget } = store;
  walkTrie(trie, 0, trie.count, from, (node, state) => {
    budget.spend(0.05);
    const next = store.step(state, byte[node]!);
    if (next === none) return undefined;
    if (token[node]! >= 0) allowNode(trie, node, bits);
    if (next.nullable && end[node]! > node + 1) ends.push(node);
    return next;
  });
  return ends;
}

function forbidNode(trie: TokenTrie, node: number, bits: Uint32Array): void {
  for (let id = trie.token[node]!; id >= 0; id = trie.twin[id]!)
    bits[id >> 5]! &= ~(1 << (id & 31));
}

/**
 * The state with counts that a short token cannot use up made equal, so that the 40th and the
 * 900th character of 1,000 share a mask. Conditions that count against each other are left alone.
 */
function clampCounts(store: RegexStore, node: Regex): Regex {
  if (node.isUncertain) return node;
  node.clamped ??= clamp(store, node);
  return node.clamped;
}

function clamp(store: RegexStore, node: Regex): Regex {
  const parts = node.parts.map((part) => clampCounts(store, part));
  switch (node.kind) {
    case "seq":
      return store.seq(...parts);
    case "alt":
      return store.alt(parts);
    case "repeat": {
      const lo = Math.min(node.lo, SHORT + 1);
      return store.repeat(parts[0]!, lo, node.hi > SHORT ? Infinity : node.hi);
    }
    default:
      return node;
  }
}

function remember(store: RegexStore, state: Regex): void {
  const states = kept.get(store) ?? [];
  if (states.length >= MAX_MASKS) for (const old of states.splice(0)) old.mask = undefined;
  states.push(state);
  kept.set(store, states);
}
