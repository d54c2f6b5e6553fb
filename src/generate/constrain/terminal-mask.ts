/** Tokens that a terminal allows by itself, computed once for each of its states. */

import type { Regex, RegexStore } from "./regex-node.ts";
import { walkSlices } from "./slices.ts";
import type { Machine } from "./trie-walk.ts";
import { SHORT, type Vocabulary } from "./vocabulary.ts";

/** Of each slice of the vocabulary. */
export type Ends = readonly (readonly number[])[];

export interface TerminalMask {
  /** Tokens that stay within the terminal, from its first byte to their last. */
  readonly bits: Uint32Array;
  /** Nodes with tokens below at which the terminal may be over: what follows decides. */
  readonly shortEnds: Ends;
  readonly longEnds: Ends;
}

/** Masks kept at most: some 19 kB each for a vocabulary of 150,000. */
const MAX_MASKS = 1500;

const kept = new WeakMap<RegexStore, Regex[]>();

/**
 * The mask of a terminal that is at `state`; null where it may be over behind about any token, so
 * that it says little without what follows.
 */
export function terminalMask(vocabulary: Vocabulary, state: Regex): TerminalMask | null {
  if (state.mask !== undefined) return state.mask;
  const { store, short, long } = vocabulary;
  const bits = new Uint32Array((vocabulary.size + 31) >> 5);
  const clamped = clampCounts(store, state);
  const machine = machineOf(store);
  let shortEnds: Ends | undefined;
  if (clamped === state) shortEnds = walkSlices(short, state, machine, bits, true);
  else {
    const near = terminalMask(vocabulary, clamped);
    if (!near) {
      state.mask = null;
      return null;
    }
    // The clamped state's long tokens may be too long here: those are walked on their own.
    bits.set(near.bits);
    for (const { bits: own } of long) {
      for (let i = 0; i < bits.length; i++) bits[i]! &= ~own[i]!;
    }
    shortEnds = near.shortEnds;
  }
  const longEnds = shortEnds && walkSlices(long, state, machine, bits, true);
  state.mask = shortEnds && longEnds ? { bits, shortEnds, longEnds } : null;
  if (state.mask) remember(store, state);
  return state.mask;
}

const machines = new WeakMap<RegexStore, Machine<Regex>>();

function machineOf(store: RegexStore): Machine<Regex> {
  let machine = machines.get(store);
  if (!machine) {
    machine = {
      budget: store.budget,
      behind: new WeakMap(),
      reach: SHORT + 8,
      step(state, byte) {
        const next = store.step(state, byte);
        return next === store.none ? undefined : next;
      },
      classesOf: (state) => store.classify(state).of,
      mayEnd: (state) => state.nullable,
    };
    machines.set(store, machine);
  }
  return machine;
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
