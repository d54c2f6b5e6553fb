/** A decoder loaded for generation: its cache and the runs that fill it. */

import { fromValues, type NDArray, ndarray, zeros } from "../graph/ndarray.ts";
import type { DecoderConfig } from "../models/decoder.ts";
import type { BoundRun, Session } from "../runtime/index.ts";
import { rowOfCache } from "./cache.ts";
import { checkContext, checkTokens } from "./context-limit.ts";
import {
  type DecoderSessionOptions,
  decoderSettings,
  type FeedOptions,
} from "./decoder-options.ts";
import { DecoderRows } from "./decoder-rows.ts";
import { promptChunk } from "./prompt-chunk.ts";
import { createStepSession, type StepModel } from "./step-session.ts";

/**
 * Where `resume` takes its snapshot, counted from the prompt's end. The next prompt of the same
 * conversation repeats this one but for how the answer opens (`<|im_start|>assistant\n<think>\n`
 * and the like), and asking again with the same prompt recomputes at least its last token.
 */
const SNAPSHOT_MARGIN = 8;

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
  model: StepModel,
  options: DecoderSessionOptions = {},
): Promise<DecoderSession> {
  const session = await createStepSession(model, {
    engine: options.engine,
    signal: options.signal,
  });
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
  readonly #logitsArray: NDArray;
  readonly #stepTokens: NDArray; // i64 [batch, 1]
  /** The low words of the step's tokens: writing them makes no BigInt. */
  readonly #stepWords: Int32Array;
  readonly #past: NDArray; // i32 [batch]
  readonly #rows: DecoderRows;
  #bound: BoundRun | undefined;
  #isBusy = false;
  #isDisposed = false;

  constructor(session: Session, config: DecoderConfig, options: DecoderSessionOptions) {
    const settings = decoderSettings(config, options);
    const { batch } = settings;
    this.#session = session;
    this.config = config;
    this.batch = batch;
    this.#chunk = settings.chunk;
    this.#rows = new DecoderRows(config, settings);
    this.contextLimit = this.#rows.limit;
    this.#logitsArray = zeros("f32", [batch, config.vocabSize]);
    this.logits = this.#logitsArray.data as Float32Array;
    this.#stepTokens = zeros("i64", [batch, 1]);
    this.#stepWords = new Int32Array(this.#stepTokens.data.buffer, 0, 2 * batch);
    this.#past = zeros("i32", [batch]);
  }

  /** Tokens the cache has room for now. */
  get capacity(): number {
    return this.#rows.capacity;
  }

  /** Tokens of a sequence that are in the cache (a view until the next call). */
  tokens(row = 0): Int32Array {
    return this.#rows.tokens(row);
  }

  /** f32 [vocab] of one sequence (a view). */
  logitsOf(row: number): Float32Array {
    this.#rows.at(row);
    const { vocabSize } = this.config;
    return this.logits.subarray(row * vocabSize, (row + 1) * vocabSize);
  }

  /** Appends tokens to a sequence, in chunks; `logits` are then those after the last one. */
  async prefill(
    tokens: ArrayLike<number>,
    { row: index = 0, signal }: FeedOptions = {},
  ): Promise<void> {
    const row = this.#rows.at(index);
    checkTokens(tokens, this.config.vocabSize);
    await this.#exclusive(async () => {
      this.#reserve(row.length + tokens.length);
      for (let start = 0, count: number; start < tokens.length; start += count) {
        count = Math.min(this.#chunkAt(row.length), tokens.length - start);
        const ids = zeros("i64", [1, count]);
        const words = new Int32Array(ids.data.buffer, 0, 2 * count);
        for (let i = 0; i < count; i++) words[2 * i] = tokens[start + i]!;
        const past = fromValues("i32", [1], [row.length]);
        const { inputs, outputs } = rowOfCache(this.#rows.cache, index);
        const logits = ndarray("f32", [1, this.config.vocabSize], this.logitsOf(index));
        row.isCurrent = false;
        const arrays = { tokens: ids, past, ...inputs };
        await this.#run(
          (i) => i === index,
          signal,
          (stop) => this.#session.run(arrays, { outputs: { logits, ...outputs }, signal: stop }),
        );
        this.#rows.append(index, tokens, start, count);
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
      longest = Math.max(longest, this.#rows.at(i).length + 1);
    }
    await this.#exclusive(async () => {
      this.#reserve(longest);
      const past = this.#past.data as Int32Array;
      for (let i = 0; i < batch; i++) {
        const row = this.#rows.at(i);
        past[i] = row.length;
        // -1 holds recurrent state still; without any, every id is a valid one.
        const id = this.#rows.isRecurrent ? idOf(i) : Math.max(idOf(i), 0);
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
      for (let i = 0; i < batch; i++) if (idOf(i) >= 0) this.#rows.append(i, [idOf(i)]);
    });
  }

  /**
   * Forgets all but the first `length` tokens of a sequence; feed one before using `logits`. With
   * recurrent layers it goes back further, to the last snapshot at or before `length` or to 0.
   *
   * @returns how many tokens are held now
   */
  truncate(length: number, row = 0): number {
    this.#refuseBusy();
    return this.#rows.truncate(length, row);
  }

  /**
   * Copies a sequence's recurrent state, so that `truncate` and `resume` can come back to the
   * tokens held now; the oldest copy beyond `snapshots` is dropped. Nothing to do without
   * recurrent layers.
   */
  snapshot(row = 0): void {
    this.#refuseBusy();
    this.#rows.snapshot(row);
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
    this.#rows.at(index);
    if (tokens.length === 0) throw new RangeError("the prompt is empty: give at least one token");
    checkTokens(tokens, this.config.vocabSize);
    checkContext(tokens.length, this.contextLimit);
    const reusable = this.#rows.reusable(tokens, index);
    if (reusable === tokens.length) return reusable;
    const reused = this.truncate(reusable, index);
    const feed = (start: number, end: number): Promise<void> =>
      this.prefill(Array.prototype.slice.call(tokens, start, end), { row: index, signal });
    const mark = tokens.length - SNAPSHOT_MARGIN;
    if (this.#rows.isRecurrent && mark > reused) {
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

  #reserve(tokens: number): void {
    if (!this.#rows.reserve(tokens)) return;
    this.#bound?.dispose();
    this.#bound = undefined;
  }

  #bind(): BoundRun {
    const { inputs, outputs } = this.#rows.cache;
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
    if (!this.#rows.isRecurrent) {
      await run(signal);
      return;
    }
    signal?.throwIfAborted();
    try {
      await run(undefined);
    } catch (error) {
      for (let i = 0; i < this.batch; i++) if (isChanged(i)) this.#rows.clear(i);
      throw error;
    }
  }

  async #exclusive(f: () => Promise<void>): Promise<void> {
    this.#refuseBusy();
    this.#isBusy = true;
    try {
      await f();
    } finally {
      this.#isBusy = false;
    }
  }

  #refuseBusy(): void {
    if (this.#isDisposed) throw new Error("this decoder session was disposed; create another one");
    if (this.#isBusy) {
      throw new Error("this decoder session is running; await it, or create a second one");
    }
  }
}
