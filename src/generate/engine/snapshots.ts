/** Copies of recurrent state: where a prompt can be taken up that shares only its beginning. */

import type { TypedArray } from "../../graph/dtype.ts";

interface Snapshot {
  readonly tokens: Int32Array;
  readonly state: readonly TypedArray[];
}

/**
 * States by the tokens that led to them, wherever those were computed. The least recently used
 * makes room; its memory is used again.
 */
export class Snapshots {
  readonly most: number;
  /** Least recently used first. */
  readonly #all = new Set<Snapshot>();

  constructor(most: number) {
    this.most = most;
  }

  /**
   * The longest known beginning of a prompt.
   *
   * @param limit of its length
   * @returns its length; 0 where there is none
   */
  longest(prompt: ArrayLike<number>, limit: number): number {
    let longest = 0;
    for (const { tokens } of this.#all) {
      const { length } = tokens;
      if (length > longest && length <= limit && begins(prompt, tokens)) longest = length;
    }
    return longest;
  }

  /** The state after exactly these tokens; it counts as used. */
  find(tokens: Int32Array): readonly TypedArray[] | undefined {
    for (const snapshot of this.#all) {
      if (snapshot.tokens.length !== tokens.length || !begins(tokens, snapshot.tokens)) continue;
      this.#all.delete(snapshot);
      this.#all.add(snapshot);
      return snapshot.state;
    }
    return undefined;
  }

  /**
   * Keeps the state after some tokens, unless it is known.
   *
   * @param save copies the state, into memory of its size where there is some
   */
  add(
    tokens: Int32Array,
    save: (into: readonly TypedArray[] | undefined) => readonly TypedArray[],
  ): void {
    if (this.most === 0 || tokens.length === 0 || this.find(tokens)) return;
    let freed: Snapshot | undefined;
    if (this.#all.size >= this.most) {
      [freed] = this.#all;
      this.#all.delete(freed!);
    }
    this.#all.add({ tokens: tokens.slice(), state: save(freed?.state) });
  }
}

function begins(longer: ArrayLike<number>, tokens: Int32Array): boolean {
  for (let i = tokens.length - 1; i >= 0; i--) if (longer[i] !== tokens[i]) return false;
  return true;
}
