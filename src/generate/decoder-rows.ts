/** What a decoder session holds: the tokens of each sequence, and the state the engine made of them. */

import type { DecoderConfig } from "../models/decoder.ts";
import { isRecurrent } from "../models/state.ts";
import {
  type CacheArrays,
  createCache,
  growCache,
  restoreState,
  type Snapshot,
  saveState,
} from "./cache.ts";
import { checkContext, contextLimit } from "./context-limit.ts";
import type { DecoderSettings } from "./decoder-options.ts";

export interface Row {
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

/**
 * Keys and values can be cut back to any length. The state of recurrent layers (gated delta net)
 * cannot: it goes back to a snapshot, or to nothing.
 */
export class DecoderRows {
  readonly count: number;
  /** Most tokens of one sequence. */
  readonly limit: number;
  readonly isRecurrent: boolean;
  readonly #config: DecoderConfig;
  readonly #rows: readonly Row[];
  readonly #snapshots: number;
  #cache: CacheArrays;
  #capacity: number;

  constructor(config: DecoderConfig, { batch, capacity, snapshots }: DecoderSettings) {
    this.#config = config;
    this.count = batch;
    this.limit = contextLimit(config);
    this.isRecurrent = isRecurrent(config);
    this.#snapshots = snapshots;
    this.#capacity = capacity;
    this.#rows = Array.from({ length: batch }, () => createRow(capacity));
    this.#cache = createCache(config, batch, this.#slots(capacity));
  }

  get cache(): CacheArrays {
    return this.#cache;
  }

  /** Tokens there is room for. */
  get capacity(): number {
    return this.#capacity;
  }

  /** @throws RangeError where there is no such sequence */
  at(index: number): Row {
    const row = this.#rows[index];
    if (!row) {
      throw new RangeError(`sequence ${index} is not one of the ${this.count} of this session`);
    }
    return row;
  }

  /** The tokens of a sequence (a view until they change). */
  tokens(index: number): Int32Array {
    const { tokens, length } = this.at(index);
    return tokens.subarray(0, length);
  }

  /** Notes tokens that a run has put into the cache, with the logits of the last one. */
  append(index: number, tokens: ArrayLike<number>, from = 0, count = tokens.length): void {
    const row = this.at(index);
    for (let i = 0; i < count; i++) row.tokens[row.length++] = tokens[from + i]!;
    row.isCurrent = true;
  }

  /** Makes room for sequences of so many tokens. @returns whether the arrays are new ones */
  reserve(tokens: number): boolean {
    checkContext(tokens, this.limit);
    if (tokens <= this.#capacity) return false;
    const capacity = Math.min(this.limit, Math.max(tokens, 2 * this.#capacity));
    const lengths = this.#rows.map((row) => row.length);
    this.#cache = growCache(this.#cache, this.#slots(capacity), lengths);
    for (const row of this.#rows) {
      const { tokens: held } = row;
      row.tokens = new Int32Array(capacity);
      row.tokens.set(held.subarray(0, row.length));
    }
    this.#capacity = capacity;
    return true;
  }

  /** Forgets all but the first tokens. @returns how many are held now */
  truncate(length: number, index: number): number {
    const row = this.at(index);
    if (!(Number.isInteger(length) && length >= 0 && length <= row.length)) {
      throw new RangeError(
        `truncate: ${length} is not between 0 and the ${row.length} tokens held`,
      );
    }
    if (length === row.length) return length;
    row.isCurrent = false;
    if (!this.isRecurrent) {
      row.length = length;
    } else {
      row.snapshots = row.snapshots.filter((snapshot) => snapshot.length <= length);
      const last = row.snapshots.at(-1);
      restoreState(this.#cache, index, last);
      row.length = last?.length ?? 0;
    }
    return row.length;
  }

  /** Keeps a copy of the recurrent state, and the last few of them. */
  snapshot(index: number): void {
    const row = this.at(index);
    if (!this.isRecurrent || row.snapshots.at(-1)?.length === row.length) return;
    const copy = saveState(this.#cache, index, row.length);
    row.snapshots = [...row.snapshots, copy].slice(-this.#snapshots);
  }

  /** Empties a row whose recurrent state is not that of its tokens any more. */
  clear(index: number): void {
    restoreState(this.#cache, index);
    const row = this.at(index);
    row.length = 0;
    row.snapshots = [];
  }

  /**
   * How many of `tokens` a sequence holds in a state that its continuation can start from; all of
   * them where the logits of the last one are there too.
   */
  reusable(tokens: ArrayLike<number>, index: number): number {
    const row = this.at(index);
    let common = 0;
    const most = Math.min(row.length, tokens.length);
    while (common < most && row.tokens[common] === tokens[common]) common++;
    if (common === tokens.length) {
      if (common === row.length && row.isCurrent) return common;
      common--; // its logits have to be computed again
    }
    const { rope } = this.#config;
    // Beyond the trained length, dynamic angles of earlier keys depend on when they were written.
    const longest = Math.max(row.length, tokens.length);
    return rope.type === "dynamic" && longest > rope.originalLength ? 0 : common;
  }

  /** Rows that sit a step out write one slot behind their end: it must exist at full length too. */
  #slots(capacity: number): number {
    return this.count > 1 ? capacity + 1 : capacity;
  }
}
