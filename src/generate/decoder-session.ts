/** A decoder loaded for generation: its cache and the runs that fill it. */

import { fromValues, type NDArray, ndarray, zeros } from "../graph/ndarray.ts";
import type { DecoderConfig } from "../models/decoder.ts";
import type { Model } from "../models/load.ts";
import { isRecurrent } from "../models/state.ts";
import type { BoundRun, Session, SessionOptions } from "../runtime/index.ts";
import {
  type CacheArrays,
  createCache,
  growCache,
  restoreState,
  rowOfCache,
  type Snapshot,
  saveState,
} from "./cache.ts";
import { checkContext, checkTokens, contextLimit } from "./context-limit.ts";
import { promptChunk } from "./prompt-chunk.ts";
import { createStepSession } from "./step-session.ts";

/** Prompt tokens of one run: enough to keep the matrix products busy, small in scratch memory. */
const DEFAULT_CHUNK = 512;
/** The same with recurrent layers: their kernel goes through a run's tokens one by one. */
const RECURRENT_CHUNK = 128;
const DEFAULT_CAPACITY = 512;
const DEFAULT_SNAPSHOTS = 2;
/**
 * Where `resume` takes its snapshot, counted from the prompt's end. The next prompt of the same
 * conversation repeats this one but for how the answer opens (`<|im_start|>assistant\n<think>\n`
 * and the like), and asking again with the same prompt recomputes at least its last token.
 */
const SNAPSHOT_MARGIN = 8;

export interface DecoderSessionOptions {
  /** Tokens the cache has room for at first (default 512); it doubles up to the context. */
  readonly capacity?: number;
  /** Sequences side by side (default 1). */
  readonly batch?: number;
  /** Prompt tokens of one run (default 512, with recurrent layers 128). */
  readonly chunk?: number;
  /** Earlier recurrent states kept for each sequence (default 2; only with recurrent layers). */
  readonly snapshots?: number;
  /** Threads and other settings of the engine. */
  readonly engine?: Omit<SessionOptions, "weights" | "signal">;
  /** Gives up the loading. */
  readonly signal?: AbortSignal;
}

export interface FeedOptions {
  /** Which sequence of the batch (default 0). */
  readonly row?: number;
  /**
   * Stops between two operators, with recurrent layers between two runs (half a run would leave
   * some layers' states ahead of others); what was complete before stays in the cache.
   */
  readonly signal?: AbortSignal;
}

/**
 * Loads a model for generation. The cache is allocated here; a step allocates nothing of it.
 *
 * @param model from `loadModel`; must stay open while the session lives
 * @example
 * using model = await loadModel("models/onefold-mini");
 * using session = await createDecoderSession(model);
 * await session.prefill([1, 2, 3]);
 * const next = session.logits; // f32 [vocab], after token 3
 */
export async function createDecoderSession(
  model: Pick<Model, "config" | "weights">,
  options: DecoderSessionOptions = {},
): Promise<DecoderSession> {
  const session = await createStepSession(model, options);
  try {
    return new DecoderSession(session, model.config, options);
  } catch (error) {
    session.dispose();
    throw error;
  }
}

/**
 * Made by {@link createDecoderSession}. One call at a time.
 *
 * Keys and values can be cut back to any length. The state of recurrent layers (gated delta net)
 * cannot: it goes back to a snapshot, or to nothing. `resume` takes a snapshot near the end of each
 * prompt and keeps the last few.
 */
export class DecoderSession implements Disposable {
  readonly config: DecoderConfig;
  readonly batch: number;
  /** Most tokens of one sequence. */
  readonly contextLimit: number;
  /** f32 [batch, vocab]: scores after the last token of each sequence, overwritten by each run. */
  readonly logits: Float32Array;
  readonly #session: Session;
  readonly #chunk: number;
  readonly #isRecurrent: boolean;
  readonly #snapshots: number;
  readonly #logitsArray: NDArray;
  readonly #stepTokens: NDArray; // i64 [batch, 1]
  /** The low words of the step's tokens: writing them makes no BigInt. */
  readonly #stepWords: Int32Array;
  readonly #past: NDArray; // i32 [batch]
  readonly #rows: Row[];
  #cache: CacheArrays;
  #capacity: number;
  #bound: BoundRun | undefined;
  #isBusy = false;
  #isDisposed = false;

  constructor(session: Session, config: DecoderConfig, options: DecoderSessionOptions) {
    this.#isRecurrent = isRecurrent(config);
    const { batch = 1, capacity = DEFAULT_CAPACITY, snapshots = DEFAULT_SNAPSHOTS } = options;
    const { chunk = this.#isRecurrent ? RECURRENT_CHUNK : DEFAULT_CHUNK } = options;
    for (const [name, value] of Object.entries({ batch, capacity, chunk, snapshots })) {
      if (!Number.isInteger(value) || value < 1) {
        throw new RangeError(
          `createDecoderSession: ${name} must be a positive integer, is ${value}`,
        );
      }
    }
    this.#session = session;
    this.#snapshots = snapshots;
    this.config = config;
    this.batch = batch;
    this.contextLimit = contextLimit(config);
    // Dynamic rotary angles follow the length of the run: a prompt has to be one run.
    this.#chunk = config.rope.type === "dynamic" ? this.contextLimit : chunk;
    this.#logitsArray = zeros("f32", [batch, config.vocabSize]);
    this.logits = this.#logitsArray.data as Float32Array;
    this.#stepTokens = zeros("i64", [batch, 1]);
    this.#stepWords = new Int32Array(this.#stepTokens.data.buffer, 0, 2 * batch);
    this.#past = zeros("i32", [batch]);
    this.#capacity = Math.min(capacity, this.contextLimit);
    this.#rows = Array.from({ length: batch }, () => createRow(this.#capacity));
    this.#cache = createCache(config, batch, this.#slots(this.#capacity));
  }

  /** Tokens the cache has room for now. */
  get capacity(): number {
    return this.#capacity;
  }

  /** Tokens of a sequence that are in the cache (a view until the next call). */
  tokens(row = 0): Int32Array {
    const { tokens, length } = this.#row(row);
    return tokens.subarray(0, length);
  }

  /** f32 [vocab] of one sequence (a view). */
  logitsOf(row: number): Float32Array {
    this.#row(row);
    const { vocabSize } = this.config;
    return this.logits.subarray(row * vocabSize, (row + 1) * vocabSize);
  }

  /** Appends tokens to a sequence, in chunks; `logits` are then those after the last one. */
  async prefill(
    tokens: ArrayLike<number>,
    { row: index = 0, signal }: FeedOptions = {},
  ): Promise<void> {
    const row = this.#row(index);
    checkTokens(tokens, this.config.vocabSize);
    await this.#exclusive(async () => {
      this.#reserve(row.length + tokens.length);
      for (let start = 0, count: number; start < tokens.length; start += count) {
        count = Math.min(this.#chunkAt(row.length), tokens.length - start);
        const ids = zeros("i64", [1, count]);
        const words = new Int32Array(ids.data.buffer, 0, 2 * count);
        for (let i = 0; i < count; i++) words[2 * i] = tokens[start + i]!;
        const past = fromValues("i32", [1], [row.length]);
        const { inputs, outputs } = rowOfCache(this.#cache, index);
        const logits = ndarray("f32", [1, this.config.vocabSize], this.logitsOf(index));
        row.isCurrent = false;
        const arrays = { tokens: ids, past, ...inputs };
        await this.#run(
          (i) => i === index,
          signal,
          (stop) => this.#session.run(arrays, { outputs: { logits, ...outputs }, signal: stop }),
        );
        for (let i = 0; i < count; i++) row.tokens[row.length++] = tokens[start + i]!;
        row.isCurrent = true;
      }
    });
  }

  /**
   * Appends one token to every sequence.
   *
   * @param tokens one id, or one for each sequence; -1 leaves that sequence as it is
   */
  async step(tokens: number | ArrayLike<number>, signal?: AbortSignal): Promise<void> {
    const { batch } = this;
    if (typeof tokens === "number" ? batch !== 1 : tokens.length !== batch) {
      throw new RangeError(`step: expected a token for each of the ${batch} sequences`);
    }
    const idOf = (i: number): number => (typeof tokens === "number" ? tokens : tokens[i]!);
    let longest = 0;
    for (let i = 0; i < batch; i++) {
      const id = idOf(i);
      if (id === -1) continue;
      if (!(Number.isInteger(id) && id >= 0 && id < this.config.vocabSize)) {
        checkTokens([id], this.config.vocabSize);
      }
      longest = Math.max(longest, this.#rows[i]!.length + 1);
    }
    this.#begin();
    try {
      this.#reserve(longest);
      const past = this.#past.data as Int32Array;
      for (let i = 0; i < batch; i++) {
        const row = this.#rows[i]!;
        past[i] = row.length;
        // -1 holds recurrent state still; without any, every id is a valid one.
        const id = this.#isRecurrent ? idOf(i) : Math.max(idOf(i), 0);
        this.#stepWords[2 * i] = id;
        this.#stepWords[2 * i + 1] = id >> 31;
        row.isCurrent = false;
      }
      this.#bound ??= this.#bind();
      const bound = this.#bound;
      await this.#run(
        (i) => idOf(i) >= 0,
        signal,
        (stop) => bound.run(stop),
      );
      for (let i = 0; i < batch; i++) {
        const row = this.#rows[i]!;
        if (idOf(i) < 0) continue;
        row.tokens[row.length++] = idOf(i);
        row.isCurrent = true;
      }
    } finally {
      this.#end();
    }
  }

  /**
   * Forgets all but the first `length` tokens of a sequence; feed one before using `logits`. With
   * recurrent layers it goes back further, to the last snapshot at or before `length` or to 0.
   *
   * @returns how many tokens are held now
   */
  truncate(length: number, row = 0): number {
    this.#refuseBusy();
    const state = this.#row(row);
    if (!(Number.isInteger(length) && length >= 0 && length <= state.length)) {
      throw new RangeError(
        `truncate: ${length} is not between 0 and the ${state.length} tokens held`,
      );
    }
    if (length === state.length) return length;
    state.isCurrent = false;
    if (!this.#isRecurrent) {
      state.length = length;
    } else {
      state.snapshots = state.snapshots.filter((snapshot) => snapshot.length <= length);
      const last = state.snapshots.at(-1);
      restoreState(this.#cache, row, last);
      state.length = last?.length ?? 0;
    }
    return state.length;
  }

  /**
   * Copies a sequence's recurrent state, so that `truncate` and `resume` can come back to the
   * tokens held now; the oldest copy beyond `snapshots` is dropped. Nothing to do without
   * recurrent layers.
   */
  snapshot(row = 0): void {
    this.#refuseBusy();
    const state = this.#row(row);
    if (!this.#isRecurrent || state.snapshots.at(-1)?.length === state.length) return;
    const copy = saveState(this.#cache, row, state.length);
    state.snapshots = [...state.snapshots, copy].slice(-this.#snapshots);
  }

  /**
   * Makes a sequence hold exactly `tokens`, computing only what follows the prefix it shares with
   * what it holds (with recurrent layers: what follows the last snapshot within that prefix).
   * `logits` are then those after the last token.
   *
   * @returns how many tokens were taken from the cache
   */
  async resume(
    tokens: ArrayLike<number>,
    { row: index = 0, signal }: FeedOptions = {},
  ): Promise<number> {
    const row = this.#row(index);
    if (tokens.length === 0) throw new RangeError("the prompt is empty: give at least one token");
    checkTokens(tokens, this.config.vocabSize);
    checkContext(tokens.length, this.contextLimit);
    let common = 0;
    const most = Math.min(row.length, tokens.length);
    while (common < most && row.tokens[common] === tokens[common]) common++;
    const isHeld = common === tokens.length && common === row.length && row.isCurrent;
    if (isHeld) return common;
    if (common === tokens.length) common--; // its logits have to be computed again
    const { rope } = this.config;
    // Beyond the trained length, dynamic angles of earlier keys depend on when they were written.
    if (rope.type === "dynamic" && Math.max(row.length, tokens.length) > rope.originalLength) {
      common = 0;
    }
    const reused = this.truncate(common, index);
    const feed = (start: number, end: number): Promise<void> =>
      this.prefill(Array.prototype.slice.call(tokens, start, end), { row: index, signal });
    const mark = tokens.length - SNAPSHOT_MARGIN;
    if (this.#isRecurrent && mark > reused) {
      await feed(reused, mark);
      this.snapshot(index);
      await feed(mark, tokens.length);
    } else {
      await feed(reused, tokens.length);
    }
    return reused;
  }

  /** Releases the engine's session; the arrays go with this object. */
  dispose(): void {
    this.#isDisposed = true;
    this.#bound?.dispose();
    this.#bound = undefined;
    this.#session.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Prompt tokens of the run behind `past` tokens. */
  #chunkAt(past: number): number {
    const { rope, heads } = this.config;
    return rope.type === "dynamic" ? this.#chunk : promptChunk(heads, this.#chunk, past);
  }

  #row(index: number): Row {
    const row = this.#rows[index];
    if (!row)
      throw new RangeError(`sequence ${index} is not one of the ${this.batch} of this session`);
    return row;
  }

  /** Rows that sit a step out write one slot behind their end: it must exist at full length too. */
  #slots(capacity: number): number {
    return this.batch > 1 ? capacity + 1 : capacity;
  }

  #reserve(tokens: number): void {
    checkContext(tokens, this.contextLimit);
    if (tokens <= this.#capacity) return;
    const capacity = Math.min(this.contextLimit, Math.max(tokens, 2 * this.#capacity));
    this.#bound?.dispose();
    this.#bound = undefined;
    const lengths = this.#rows.map((row) => row.length);
    this.#cache = growCache(this.#cache, this.#slots(capacity), lengths);
    for (const row of this.#rows) {
      const { tokens: held } = row;
      row.tokens = new Int32Array(capacity);
      row.tokens.set(held.subarray(0, row.length));
    }
    this.#capacity = capacity;
  }

  #bind(): BoundRun {
    const { inputs, outputs } = this.#cache;
    return this.#session.bind({
      inputs: { tokens: this.#stepTokens, past: this.#past, ...inputs },
      outputs: { logits: this.#logitsArray, ...outputs },
    });
  }

  /** Runs what changes the state of some rows. */
  async #run(
    isChanged: (row: number) => boolean,
    signal: AbortSignal | undefined,
    run: (signal: AbortSignal | undefined) => Promise<unknown>,
  ): Promise<void> {
    if (!this.#isRecurrent) {
      await run(signal);
      return;
    }
    signal?.throwIfAborted();
    try {
      await run(undefined);
    } catch (error) {
      for (let i = 0; i < this.batch; i++) if (isChanged(i)) this.#clear(i);
      throw error;
    }
  }

  /** Empties a row whose recurrent state is not that of its tokens any more. */
  #clear(index: number): void {
    restoreState(this.#cache, index);
    const row = this.#rows[index]!;
    row.length = 0;
    row.snapshots = [];
  }

  async #exclusive(f: () => Promise<void>): Promise<void> {
    this.#begin();
    try {
      await f();
    } finally {
      this.#end();
    }
  }

  #begin(): void {
    this.#refuseBusy();
    this.#isBusy = true;
  }

  #end(): void {
    this.#isBusy = false;
  }

  #refuseBusy(): void {
    if (this.#isDisposed) throw new Error("this decoder session was disposed; create another one");
    if (this.#isBusy) {
      throw new Error("this decoder session is running; await it, or create a second one");
    }
  }
}

interface Row {
  /** [capacity]; the first `length` are in the cache. */
  tokens: Int32Array;
  length: number;
  /** `logits` belong to the last token. */
  isCurrent: boolean;
  /** Shortest first. */
  snapshots: readonly Snapshot[];
}

const createRow = (capacity: number): Row => ({
  tokens: new Int32Array(capacity),
  length: 0,
  isCurrent: false,
  snapshots: [],
});
