/**
 * A grammar as a pushdown automaton that is made as far as answers walk it. A state is the set of
 * places where the text so far may be: a terminal's state and the frames that wait behind it.
 */

import { ConstraintError } from "./budget.ts";
import { type GrammarBuilder, type GrammarNode, MAX_STACK } from "./grammar.ts";
import type { Regex } from "./regex-node.ts";
import { walkSlices } from "./slices.ts";
import { terminalMask } from "./terminal-mask.ts";
import { type Machine, walkTrie } from "./trie-walk.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** What waits: a part of the grammar, and what waits behind that. */
interface Frame {
  readonly id: number;
  readonly node: GrammarNode | undefined;
  readonly below: Frame | undefined;
  readonly depth: number;
  /** The state in which the frame's turn has come. */
  entry: State | undefined;
}

interface Place {
  readonly id: number;
  readonly regex: Regex;
  readonly behind: Frame;
}

export interface State {
  readonly places: readonly Place[];
  /** The text may end here. */
  readonly mayEnd: boolean;
  /** Bytes that lead to the same state, and by class that state; null where none is. */
  classes: Uint8Array | undefined;
  next: (State | null | undefined)[];
  mask: Uint32Array | undefined;
}

/** Places at once beyond which a grammar is refused as too ambiguous. */
const MAX_PLACES = 3000;
/** States and masks (19 kB each for 150,000 tokens) that are kept. */
const MAX_STATES = 4000;
const MAX_MASKS = 200;
/** Places beyond which the vocabulary is walked once for all of them. */
const MANY_PLACES = 12;
/** The same for nodes of the vocabulary at which a terminal may be over. */
const MANY_ENDS = 2000;
/** Ids are below; two fit a number exactly. */
const RADIX = 2 ** 26;

export class Automaton {
  readonly start: State;
  private readonly vocabulary: Vocabulary;
  private readonly grammar: GrammarBuilder;
  private readonly endTokens: readonly number[];
  private ids = 0;
  private readonly bottom: Frame;
  private frames = new Map<number, Frame>();
  private places = new Map<number, Place>();
  private states = new Map<string, State>();
  private withMask: State[] = [];
  private readonly machine: Machine<State>;

  constructor(
    vocabulary: Vocabulary,
    grammar: GrammarBuilder,
    root: GrammarNode,
    endTokens: readonly number[],
  ) {
    this.vocabulary = vocabulary;
    this.grammar = grammar;
    this.endTokens = endTokens;
    this.machine = {
      budget: vocabulary.store.budget,
      step: (state, byte) => this.step(state, byte),
      classesOf: (state) => this.classesOf(state),
      mayEnd: () => false,
      behind: new WeakMap(),
      // Where text nests, each character leads to another state.
      reach: 4,
    };
    this.bottom = { id: this.ids++, node: undefined, below: undefined, depth: 0, entry: undefined };
    this.start = this.enter(root, this.bottom);
  }

  /** The state behind a byte, or undefined where the byte cannot come. */
  step(state: State, byte: number): State | undefined {
    const { store } = this.grammar;
    const at = this.classesOf(state)[byte]!;
    const known = state.next[at];
    if (known !== undefined) return known ?? undefined;
    const places = new Map<number, Place>();
    let mayEnd = false;
    for (const { regex, behind } of state.places) {
      const next = store.step(regex, byte);
      if (next === store.none) continue;
      if (next !== store.empty) this.add(places, next, behind);
      if (!next.nullable) continue;
      const entry = this.entryOf(behind);
      mayEnd ||= entry.mayEnd;
      for (const place of entry.places) places.set(place.id, place);
    }
    const next = places.size === 0 && !mayEnd ? undefined : this.share(places, mayEnd);
    state.next[at] = next ?? null;
    return next;
  }

  private classesOf(state: State): Uint8Array {
    state.classes ??= this.grammar.store.classifyAll(state.places.map(({ regex }) => regex)).of;
    return state.classes;
  }

  /** Tokens that may come in a state. */
  mask(state: State): Uint32Array {
    if (state.mask) return state.mask;
    const { vocabulary } = this;
    const bits = new Uint32Array((vocabulary.size + 31) >> 5);
    if (state.places.length > MANY_PLACES || !this.allowByTerminals(state, bits)) {
      for (const slices of [vocabulary.short, vocabulary.long]) {
        walkSlices(slices, state, this.machine, bits, false);
      }
    }
    if (state.mayEnd) for (const id of this.endTokens) bits[id >> 5]! |= 1 << (id & 31);
    else if (bits.every((word) => word === 0)) {
      throw new ConstraintError("no token of the vocabulary can go on with what has to come next");
    }
    state.mask = bits;
    if (this.withMask.length >= MAX_MASKS) {
      for (const old of this.withMask) old.mask = undefined;
      this.withMask = [];
    }
    this.withMask.push(state);
    return bits;
  }

  /**
   * Terminals keep what they allow by themselves; only what follows them is walked here.
   *
   * @returns false where that is more than to walk the vocabulary as a whole
   */
  private allowByTerminals(state: State, bits: Uint32Array): boolean {
    const { vocabulary } = this;
    for (const { regex, behind } of state.places) {
      const inside = terminalMask(vocabulary, regex);
      if (!inside) return false;
      for (let i = 0; i < bits.length; i++) bits[i]! |= inside.bits[i]!;
      const entry = this.entryOf(behind);
      if (entry.places.length === 0) continue;
      for (const [slices, ends] of [
        [vocabulary.short, inside.shortEnds],
        [vocabulary.long, inside.longEnds],
      ] as const) {
        if (ends.reduce((sum, { length }) => sum + length, 0) > MANY_ENDS) return false;
        for (const [i, nodes] of ends.entries()) {
          const { trie } = slices[i]!;
          for (const node of nodes) {
            walkTrie(trie, node + 1, trie.end[node]!, entry, this.machine, bits);
          }
        }
      }
    }
    return true;
  }

  private entryOf(frame: Frame): State {
    frame.entry ??= frame.node ? this.enter(frame.node, frame.below!) : this.share(new Map(), true);
    return frame.entry;
  }

  /** The state at the beginning of a part of the grammar. */
  private enter(root: GrammarNode, behind: Frame): State {
    const places = new Map<number, Place>();
    let mayEnd = false;
    const seen = new Set<number>();
    const work: [GrammarNode, Frame][] = [];
    const push = (node: GrammarNode, frame: Frame): void => {
      const key = node.id * RADIX + frame.id;
      if (seen.has(key)) return;
      seen.add(key);
      this.vocabulary.store.budget.spend();
      work.push([node, frame]);
    };
    /** Nothing comes here: on to what waits. */
    const pass = (frame: Frame): void => {
      if (frame.node) push(frame.node, frame.below!);
      else mayEnd = true;
    };
    push(root, behind);
    for (let item = work.pop(); item; item = work.pop()) {
      const [node, frame] = item;
      switch (node.kind) {
        case "empty":
          pass(frame);
          break;
        case "terminal":
          this.add(places, node.regex!, frame);
          if (node.regex!.nullable) pass(frame);
          break;
        case "seq":
          push(node.parts[0]!, this.frame(node.parts[1]!, frame));
          break;
        case "alt":
          for (const part of node.parts) {
            if (frame.depth + part.height <= MAX_STACK) push(part, frame);
          }
          break;
        case "repeat": {
          const [part] = node.parts;
          const isOptional = node.lo === 0 || part!.nullable;
          if (isOptional) pass(frame);
          if (isOptional && frame.depth + 1 + part!.height > MAX_STACK) break;
          const rest = this.grammar.repeat(part!, Math.max(node.lo - 1, 0), node.hi - 1);
          push(part!, rest.kind === "empty" ? frame : this.frame(rest, frame));
          break;
        }
        case "rule":
          push(this.grammar.body(node.rule), frame);
      }
    }
    return this.share(places, mayEnd);
  }

  private frame(node: GrammarNode, below: Frame): Frame {
    const key = node.id * RADIX + below.id;
    let frame = this.frames.get(key);
    if (!frame) {
      frame = { id: this.ids++, node, below, depth: below.depth + 1, entry: undefined };
      this.frames.set(key, frame);
    }
    return frame;
  }

  private add(places: Map<number, Place>, regex: Regex, behind: Frame): void {
    const key = regex.id * RADIX + behind.id;
    let place = this.places.get(key);
    if (!place) {
      place = { id: this.ids++, regex, behind };
      this.places.set(key, place);
    }
    places.set(place.id, place);
    if (places.size > MAX_PLACES) {
      throw new ConstraintError(
        `the text so far can be read in more than ${MAX_PLACES} ways: the grammar is too ambiguous, ` +
          "write alternatives so that their beginnings differ",
      );
    }
  }

  private share(found: ReadonlyMap<number, Place>, mayEnd: boolean): State {
    this.vocabulary.store.budget.spend(1 + (found.size >> 2));
    const places = [...found.values()].sort((a, b) => a.id - b.id);
    const key = `${mayEnd ? "." : ""}${places.map(({ id }) => id).join()}`;
    let state = this.states.get(key);
    if (!state) {
      if (this.states.size >= MAX_STATES) {
        // What is kept must not hold on to what is forgotten.
        for (const old of this.states.values()) old.next = [];
        this.states = new Map();
        this.frames = new Map();
        this.places = new Map();
      }
      state = { places, mayEnd, classes: undefined, next: [], mask: undefined };
      this.states.set(key, state);
    }
    return state;
  }
}
