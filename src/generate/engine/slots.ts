/** A step program over a fixed number of slots, of which any may take part in a run. */

import type { TypedArray } from "../../graph/dtype.ts";
import { fromValues, type NDArray, ndarray, zeros } from "../../graph/ndarray.ts";
import type { BoundRun, Session } from "../../runtime/index.ts";
import type { HiddenRows } from "./drafter.ts";
import { SlotArrays } from "./slot-arrays.ts";
import { Snapshots } from "./snapshots.ts";
import { StepCost } from "./step-cost.ts";

interface SlotState {
  /** [capacity]; the first `length` are in the cache. */
  readonly tokens: Int32Array;
  length: number;
  /** The logits belong to the last token. */
  isCurrent: boolean;
  /** Recurrent state holds something although no token counts. */
  isDirty: boolean;
  /** The row was run over while it sat out: what that overwrote is in `saved`. */
  isParked: boolean;
  saved: readonly TypedArray[] | undefined;
}

interface Feed {
  readonly from: number;
  readonly count: number;
  readonly logits: NDArray;
  readonly signal: AbortSignal | undefined;
}

export interface SlotsOptions {
  readonly slots: number;
  /** Tokens a slot has room for. */
  readonly capacity: number;
  readonly vocabSize: number;
  /** Copies of recurrent state that are kept (default 0). */
  readonly snapshots?: number;
}

/** One run at a time; the caller takes turns. */
export class Slots implements Disposable {
  readonly count: number;
  readonly capacity: number;
  readonly #session: Session;
  readonly #verifier: Session | undefined;
  #verified: Float32Array = new Float32Array(0);
  readonly #vocabSize: number;
  readonly #arrays: SlotArrays;
  readonly #states: readonly SlotState[];
  readonly #logits: Float32Array; // [slots, vocab]
  readonly #tokens: BigInt64Array; // [slots]
  /** The words of the tokens, low ones first: writing them makes no BigInt. */
  readonly #words: Int32Array;
  readonly #past: Int32Array; // [slots]
  /** Bound runs over ranges of rows, by first * slots + last. */
  readonly #bound = new Map<number, BoundRun>();
  readonly #snapshots: Snapshots;
  /** What was verified last: its slot's state before, and the hidden states of the tokens. */
  #before: readonly TypedArray[] | undefined;
  #seen: HiddenRows | undefined;
  readonly #cost = new StepCost();

  /** @param sessions the step program, and for `verify` the same with logits of every token */
  constructor(
    [session, verifier]: readonly [Session, Session?],
    { slots, capacity, vocabSize, snapshots = 0 }: SlotsOptions,
  ) {
    this.#verifier = verifier;
    this.count = slots;
    this.capacity = capacity;
    this.#session = session;
    this.#vocabSize = vocabSize;
    this.#arrays = new SlotArrays(session.inputs, slots, capacity);
    this.#snapshots = new Snapshots(snapshots);
    this.#logits = zeros("f32", [slots, vocabSize]).data as Float32Array;
    this.#tokens = zeros("i64", [slots]).data as BigInt64Array;
    this.#words = new Int32Array(this.#tokens.buffer, 0, 2 * slots);
    this.#past = zeros("i32", [slots]).data as Int32Array;
    this.#states = Array.from({ length: slots }, () => ({
      tokens: new Int32Array(capacity),
      length: 0,
      isCurrent: false,
      isDirty: false,
      isParked: false,
      saved: undefined,
    }));
  }

  /** Of the cache, with the snapshots that it may come to hold. */
  get bytes(): number {
    return this.#arrays.bytes + this.#snapshots.most * this.#arrays.stateBytes;
  }

  /** Whether `snapshot` keeps anything. */
  get hasSnapshots(): boolean {
    return this.#snapshots.most > 0;
  }

  get canTruncate(): boolean {
    return this.#arrays.canTruncate;
  }

  length(slot: number): number {
    return this.#states[slot]!.length;
  }

  /** f32 [vocab] after the slot's last token (a view). */
  logits(slot: number): Float32Array {
    return this.#logits.subarray(slot * this.#vocabSize, (slot + 1) * this.#vocabSize);
  }

  /** Whether `logits` belong to the last token of the slot. */
  isCurrent(slot: number): boolean {
    return this.#states[slot]!.isCurrent;
  }

  /** Tokens that a slot holds (a view until its next run). */
  tokens(slot: number): Int32Array {
    const { tokens, length } = this.#states[slot]!;
    return tokens.subarray(0, length);
  }

  /** How many tokens a slot holds of the beginning of `tokens`. */
  common(slot: number, tokens: ArrayLike<number>): number {
    const { tokens: held, length } = this.#states[slot]!;
    const most = Math.min(length, tokens.length);
    let i = 0;
    while (i < most && held[i] === tokens[i]) i++;
    return i;
  }

  /**
   * How many of a prompt's tokens, of which a slot holds the first `common`, it can be cut back
   * to, or another can take over: `common`, or where a snapshot of the state was taken.
   */
  reachable(slot: number, prompt: ArrayLike<number>, common: number): number {
    if (this.canTruncate || common === this.length(slot)) return common;
    return this.#snapshots.longest(prompt, common);
  }

  /** Keeps a copy of the state after the slot's tokens, if it has any that cannot be cut back. */
  snapshot(slot: number): void {
    if (!this.hasSnapshots || this.canTruncate) return;
    this.#snapshots.add(this.tokens(slot), (into) => this.#arrays.saveState(slot, into));
  }

  /**
   * Appends tokens [from, from + count) to a slot in one run.
   *
   * @returns their hidden states, where the program gives them
   */
  async feed(
    slot: number,
    tokens: ArrayLike<number>,
    from: number,
    count: number,
    signal?: AbortSignal,
  ): Promise<HiddenRows | undefined> {
    const logits = ndarray("f32", [1, this.#vocabSize], this.logits(slot));
    const seen = await this.#feed(this.#session, slot, tokens, { from, count, logits, signal });
    this.#states[slot]!.isCurrent = true;
    return seen;
  }

  /**
   * The same with the logits after each of the tokens; the slot's own `logits` are not set. How
   * many of the tokens are to stay has then to be said to `accept`.
   *
   * @returns f32 [tokens, vocab], flat; overwritten by the next call
   */
  async verify(slot: number, tokens: readonly number[], signal?: AbortSignal) {
    if (!this.#verifier) throw new Error("verify: these slots have no program for it");
    const count = tokens.length;
    const size = count * this.#vocabSize;
    if (this.#verified.length < size) {
      this.#verified = zeros("f32", [size]).data as Float32Array;
    }
    const data = this.#verified.subarray(0, size);
    const logits = ndarray("f32", [1, count, this.#vocabSize], data);
    if (!this.canTruncate) {
      this.#begin(slot);
      this.#before = this.#arrays.saveState(slot, this.#before);
    }
    this.#seen = await this.#feed(this.#verifier, slot, tokens, { from: 0, count, logits, signal });
    return data;
  }

  /**
   * Keeps the first of the tokens that were just verified. A state that cannot be cut back goes
   * back to what it was before, and takes those tokens in again.
   *
   * @returns the hidden states of these tokens, where the program gives them
   */
  async accept(slot: number, verified: number, count: number): Promise<HiddenRows | undefined> {
    const state = this.#states[slot]!;
    const seen = this.#seen && {
      start: this.#seen.start,
      rows: this.#seen.rows.subarray(0, (this.#seen.rows.length / verified) * count),
    };
    this.#seen = undefined;
    const start = state.length - verified;
    if (count === verified) return seen;
    if (this.canTruncate) {
      this.truncate(slot, start + count);
      return seen;
    }
    this.#arrays.restoreState(slot, this.#before!);
    state.length = start;
    await this.feed(slot, state.tokens.slice(start, start + count), 0, count);
    return seen;
  }

  async #feed(
    session: Session,
    slot: number,
    tokens: ArrayLike<number>,
    { from, count, logits, signal }: Feed,
  ): Promise<HiddenRows | undefined> {
    const state = this.#states[slot]!;
    this.#begin(slot);
    const ids = zeros("i64", [1, count]);
    const words = new Int32Array(ids.data.buffer, 0, 2 * count);
    for (let i = 0; i < count; i++) words[2 * i] = tokens[from + i]!;
    const past = fromValues("i32", [1], [state.length]);
    const { inputs, outputs } = this.#arrays.rows(slot, 1);
    const port = session.outputs.find(({ name }) => name === "hidden");
    const hidden = port && zeros("f32", [1, count, port.shape[2] as number]);
    const given = { logits, ...outputs, ...(hidden && { hidden }) };
    await this.#keep([slot], async () => {
      await session.run({ tokens: ids, past, ...inputs }, { outputs: given, signal });
    });
    const start = state.length;
    for (let i = 0; i < count; i++) state.tokens[state.length++] = tokens[from + i]!;
    return hidden && { start, rows: hidden.data as Float32Array };
  }

  /**
   * Appends a token to each of several slots: in one run over the rows from the first of them to
   * the last, or in several where too many rows between sit out. Those cost a row of the products
   * and, being run as if empty, no attention.
   *
   * @param slots ascending
   */
  async step(slots: readonly number[], tokens: readonly number[]): Promise<void> {
    let at = 0;
    for (const run of this.#cost.cut(slots)) {
      const start = performance.now();
      await this.#stepRun(run, tokens.slice(at, at + run.length));
      this.#cost.add(run.at(-1)! - run[0]! + 1, performance.now() - start);
      at += run.length;
    }
  }

  async #stepRun(slots: readonly number[], tokens: readonly number[]): Promise<void> {
    const first = slots[0]!;
    const last = slots.at(-1)!;
    for (let slot = first, i = 0; slot <= last; slot++) {
      if (slot === slots[i]) {
        this.#begin(slot);
        this.#past[slot] = this.length(slot);
        this.#put(slot, tokens[i++]!);
      } else {
        this.#park(slot);
        this.#past[slot] = 0;
        this.#put(slot, this.canTruncate ? 0 : -1);
      }
    }
    await this.#keep(slots, () => this.#bind(first, last).run());
    slots.forEach((slot, i) => {
      const state = this.#states[slot]!;
      state.tokens[state.length++] = tokens[i]!;
      state.isCurrent = true;
    });
  }

  /**
   * Makes a slot hold the first `length` tokens of another, computing nothing; of a recurrent state
   * as many as are `reachable`. With `length` all of the other's tokens, its logits are copied too.
   */
  async copy(from: number, to: number, length: number, breathe: () => Promise<void>) {
    const [source, target] = [this.#states[from]!, this.#states[to]!];
    this.#unpark(from);
    target.isParked = false;
    target.length = 0;
    target.isCurrent = false;
    target.isDirty = true;
    await this.#arrays.copy(from, to, length, breathe);
    if (!this.canTruncate && length < source.length) {
      this.#restore(to, source.tokens.subarray(0, length));
    }
    target.tokens.set(source.tokens.subarray(0, length));
    target.length = length;
    target.isCurrent = source.isCurrent && length === source.length;
    if (target.isCurrent) this.logits(to).set(this.logits(from));
  }

  /** Forgets all but the first tokens; all of them where `length` is not `reachable`. */
  truncate(slot: number, length: number): void {
    const state = this.#states[slot]!;
    if (length >= state.length) return;
    this.#unpark(slot);
    const isKept = this.canTruncate || this.#restore(slot, state.tokens.subarray(0, length));
    state.length = isKept ? length : 0;
    state.isCurrent = false;
    state.isDirty = true;
  }

  /** Gives a slot the recurrent state after some tokens. @returns whether it is known */
  #restore(slot: number, tokens: Int32Array): boolean {
    const state = tokens.length > 0 ? this.#snapshots.find(tokens) : undefined;
    if (state) this.#arrays.restoreState(slot, state);
    return state !== undefined;
  }

  /** Releases the session; a run that is under way keeps it until it is over. */
  dispose(): void {
    for (const run of this.#bound.values()) run.dispose();
    this.#bound.clear();
    this.#session.dispose();
    this.#verifier?.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Runs; a slot whose run failed holds what it held, or nothing where that is not known. */
  async #keep(slots: readonly number[], run: () => Promise<void>): Promise<void> {
    for (const slot of slots) {
      const state = this.#states[slot]!;
      state.isCurrent = false;
      state.isDirty = true;
    }
    try {
      await run();
    } catch (error) {
      if (!this.canTruncate) for (const slot of slots) this.#states[slot]!.length = 0;
      throw error;
    }
  }

  /** The token of a slot's row in the next step. */
  #put(slot: number, token: number): void {
    this.#words[2 * slot] = token;
    this.#words[2 * slot + 1] = token < 0 ? -1 : 0;
  }

  /** Before a slot's own run. */
  #begin(slot: number): void {
    const state = this.#states[slot]!;
    this.#unpark(slot);
    if (state.length > 0 || !state.isDirty) return;
    this.#arrays.clear(slot);
    state.isDirty = false;
  }

  #park(slot: number): void {
    const state = this.#states[slot]!;
    state.isCurrent = false; // the run writes logits of its own
    state.isDirty = true;
    if (state.isParked || state.length === 0) return;
    state.saved = this.#arrays.save(slot, state.saved);
    state.isParked = true;
  }

  #unpark(slot: number): void {
    const state = this.#states[slot]!;
    if (!state.isParked) return;
    state.isParked = false;
    if (state.length > 0) this.#arrays.restore(slot, state.saved!);
  }

  #bind(first: number, last: number): BoundRun {
    const key = first * this.count + last;
    const known = this.#bound.get(key);
    if (known) return known;
    const count = last - first + 1;
    const end = last + 1;
    const { inputs, outputs } = this.#arrays.rows(first, count);
    const vocab = this.#vocabSize;
    const logits = this.#logits.subarray(first * vocab, end * vocab);
    const run = this.#session.bind({
      inputs: {
        tokens: ndarray("i64", [count, 1], this.#tokens.subarray(first, end)),
        past: ndarray("i32", [count], this.#past.subarray(first, end)),
        ...inputs,
      },
      outputs: { logits: ndarray("f32", [count, vocab], logits), ...outputs },
    });
    this.#bound.set(key, run);
    return run;
  }
}
