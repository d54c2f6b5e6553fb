/** Texts with common beginnings as one run of the engine: each token attends to those of its text. */

import { type NDArray, ndarray, zeros } from "../../graph/ndarray.ts";
import { nextPlace, type ScoredText } from "./scored-text.ts";

export interface TreeLimits {
  /** Tokens of the run. */
  readonly tokens: number;
  /** Places at which something is scored: each is a row of logits. */
  readonly rows: number;
}

/** A target, and the row of logits that scores it. */
export interface WantedScore {
  readonly text: ScoredText;
  readonly target: number;
  readonly row: number;
}

/**
 * Tokens stand in slots of the cache: those of the text `held` in the first `past`, new ones behind
 * them in the order of adding, each after its parent.
 */
export class TokenTree {
  readonly tokens: number[] = [];
  /** Index among `tokens` behind which something is scored, for each row of logits. */
  readonly picked: number[] = [];
  readonly wanted: WantedScore[] = [];
  readonly #held: readonly number[];
  readonly #past: number;
  readonly #limits: TreeLimits;
  /** Slot of the token before each one; -1: none. */
  readonly #parents: number[] = [];
  /** Of each token, counted from its text's beginning. */
  readonly #places: number[] = [];
  /** Slots of new tokens by parent and token. */
  readonly #children = new Map<number, number>();
  readonly #rows = new Map<number, number>();

  /** @param past how many tokens of `held` texts may go on from */
  constructor(held: readonly number[], past: number, limits: TreeLimits) {
    this.#held = held;
    this.#past = past;
    this.#limits = limits;
  }

  /**
   * Adds what a text needs for the scores that it lacks. One that does not fit is left out; only the
   * first of a tree is cut, and goes on from this tree's `held` in the next.
   *
   * @returns whether the text's end is in the tree
   */
  add(text: ScoredText): boolean {
    const { tokens, targets } = text;
    const scored = nextPlace(text);
    // Where something is scored is computed anew, also where the cache holds the token.
    const shared = commonLength(this.#held, tokens, Math.min(scored, this.#past));
    const slots: number[] = []; // of the places from `shared` on
    let [place, slot] = [shared, shared - 1];
    for (; place < tokens.length; place++) {
      const child = this.#children.get(edge(slot, tokens[place]!));
      if (child === undefined) break;
      slots.push(child);
      slot = child;
    }
    const end = Math.min(
      place + this.#limits.tokens - this.tokens.length,
      scored + this.#limits.rows - this.picked.length,
      tokens.length,
    );
    if (end < tokens.length && this.tokens.length > 0) return false;
    for (; place < end; place++) {
      slot = this.#append(slot, tokens[place]!, place);
      slots.push(slot);
    }
    const before = tokens.length - targets.length;
    for (let at = scored; at < end; at++) {
      const row = this.#rowOf(slots[at - shared]!);
      this.wanted.push({ text, target: targets[at - before]!, row });
    }
    return end === tokens.length;
  }

  /** What the cache's first slots hold after the run: `held`, gone on with by the first new text. */
  heldAfter(): number[] {
    let count = 0;
    while (this.#parents[count] === this.#past + count - 1) count++;
    return [...this.#held.slice(0, this.#past), ...this.tokens.slice(0, count)];
  }

  /** i64 [1, tokens]. */
  positions(): NDArray {
    const array = zeros("i64", [1, this.tokens.length]);
    (array.data as BigInt64Array).set(this.#places.map(BigInt));
    return array;
  }

  /**
   * f32 [1, 1, tokens, capacity]: 0 for a token and those before it in its text, else -Infinity.
   * What lies behind the last slot is not written.
   *
   * @param memory of the result, `tokens` times `capacity` at least
   */
  bias(capacity: number, memory: Float32Array): NDArray {
    const [count, past] = [this.tokens.length, this.#past];
    const bias = memory.subarray(0, count * capacity);
    for (let i = 0; i < count; i++) {
      const row = i * capacity;
      const parent = this.#parents[i]!;
      if (parent >= past) {
        const from = (parent - past) * capacity;
        bias.copyWithin(row, from, from + past + count);
      } else {
        bias.fill(0, row, row + parent + 1);
        bias.fill(-Infinity, row + parent + 1, row + past + count);
      }
      bias[row + past + i] = 0;
    }
    return ndarray("f32", [1, 1, count, capacity], bias);
  }

  #append(parent: number, token: number, place: number): number {
    const slot = this.#past + this.tokens.length;
    this.tokens.push(token);
    this.#parents.push(parent);
    this.#places.push(place);
    this.#children.set(edge(parent, token), slot);
    return slot;
  }

  #rowOf(slot: number): number {
    let row = this.#rows.get(slot);
    if (row !== undefined) return row;
    row = this.picked.length;
    this.picked.push(slot - this.#past);
    this.#rows.set(slot, row);
    return row;
  }
}

const edge = (slot: number, token: number): number => (slot + 1) * 2 ** 32 + token;

/** Tokens at which both begin, `most` at most. */
export function commonLength(
  a: readonly number[],
  b: readonly number[],
  most = Math.min(a.length, b.length),
): number {
  let length = 0;
  while (length < most && a[length] === b[length]) length++;
  return length;
}
