/** Guesses by a checkpoint's own multi-token prediction, behind what the slots hold. */

import { fromValues, type NDArray, ndarray, zeros } from "../../graph/ndarray.ts";
import type { Session } from "../../runtime/index.ts";
import { argmax } from "../candidates.ts";
import { SlotArrays } from "./slot-arrays.ts";

interface DraftState {
  /** Position of the token whose hidden state is the first of `rows`. */
  start: number;
  /** f32 [tokens, hidden], flat: hidden states that the layer has not taken in. */
  rows: Float32Array;
  /** Places that its cache holds, for the tokens right before `start`. */
  length: number;
}

/** Held states beyond which the layer takes them in at once: prompts come in long pieces. */
const MOST_HELD = 32;

/** Hidden states of one slot's tokens, as its runs give them. */
export interface HiddenRows {
  /** Position of the first. */
  readonly start: number;
  /** f32 [tokens, hidden], flat. */
  readonly rows: Float32Array;
}

/**
 * The layer's cache holds a place for each token of a slot that has a next one. Where tokens came
 * whose hidden states it was not told, it begins anew: guesses then know less of the text, and are
 * verified all the same.
 */
export class Drafter implements Disposable {
  readonly #session: Session;
  readonly #width: number;
  readonly #arrays: SlotArrays;
  readonly #states: readonly DraftState[];
  readonly #logits: NDArray;
  readonly #next: NDArray;

  /** @param session of the program of `mtpProgram` */
  constructor(session: Session, slots: number, capacity: number) {
    this.#session = session;
    this.#arrays = new SlotArrays(session.inputs, slots, capacity);
    const hidden = session.inputs.find(({ name }) => name === "hidden")!.shape[2];
    const vocab = session.outputs.find(({ name }) => name === "logits")!.shape[1];
    this.#width = hidden as number; // only batch, places and capacity are left open
    this.#logits = zeros("f32", [1, vocab as number]);
    this.#next = zeros("f32", [1, this.#width]);
    this.#states = Array.from({ length: slots }, () => ({
      start: -1,
      rows: new Float32Array(0),
      length: 0,
    }));
  }

  get bytes(): number {
    return this.#arrays.bytes;
  }

  /** Takes note of hidden states, and of the slot's tokens what they are followed by. */
  async note(slot: number, { start, rows }: HiddenRows, tokens: Int32Array): Promise<void> {
    const state = this.#states[slot]!;
    const held = state.rows.length / this.#width;
    if (state.start + held === start) {
      const both = new Float32Array(state.rows.length + rows.length);
      both.set(state.rows);
      both.set(rows, state.rows.length);
      state.rows = both;
    } else {
      Object.assign(state, { start, rows, length: 0 });
    }
    const known = state.rows.length / this.#width - 1; // the last one's next token is to come
    if (known > MOST_HELD) {
      await this.#take(slot, tokens.subarray(state.start + 1, state.start + 1 + known));
    }
  }

  /**
   * Tokens that may follow, each the likeliest after those before it.
   *
   * @param tokens of the slot
   * @param token that follows them
   * @returns none where the last hidden state is not known
   */
  async draft(slot: number, tokens: Int32Array, token: number, most: number): Promise<number[]> {
    const state = this.#states[slot]!;
    const held = state.rows.length / this.#width;
    if (held === 0 || state.start + held !== tokens.length) return [];
    await this.#take(slot, Int32Array.of(...tokens.subarray(state.start + 1), token));
    const guesses = [this.#guess()];
    while (guesses.length < most) {
      // Places of guesses are written behind the known ones, and over by the next of those.
      const place = state.length + guesses.length - 1;
      if (place >= this.#arrays.capacity) break;
      const rows = (this.#next.data as Float32Array).slice();
      await this.#run(slot, [guesses.at(-1)!], rows, place);
      guesses.push(this.#guess());
    }
    return guesses;
  }

  #guess(): number {
    return argmax(this.#logits.data as Float32Array);
  }

  dispose(): void {
    this.#session.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Runs the layer over the first held states; the rest is held on. */
  async #take(slot: number, tokens: Int32Array): Promise<void> {
    const state = this.#states[slot]!;
    const size = tokens.length * this.#width;
    const rows = state.rows.subarray(0, size);
    await this.#run(slot, tokens, rows, state.length);
    state.start += tokens.length;
    state.length += tokens.length;
    state.rows = state.rows.slice(size);
  }

  async #run(slot: number, tokens: ArrayLike<number>, rows: Float32Array, past: number) {
    const count = tokens.length;
    const { inputs, outputs } = this.#arrays.rows(slot, 1);
    await this.#session.run(
      {
        tokens: fromValues("i64", [1, count], Array.from(tokens)),
        hidden: ndarray("f32", [1, count, this.#width], rows),
        past: fromValues("i32", [1], [past]),
        ...inputs,
      },
      { outputs: { logits: this.#logits, next: this.#next, ...outputs } },
    );
  }
}
