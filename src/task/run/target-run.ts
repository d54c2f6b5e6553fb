/** A target sentence in the engine, as searches drive it. */

import type { SearchStart, TargetSession } from "../../generate/search/index.ts";
import { byteLength, fromValues, type NDArray, zeros } from "../../graph/ndarray.ts";
import type { StatePort } from "../../models/sequence-body.ts";
import type { BoundRun, NDArrays, Session } from "../../runtime/index.ts";
import { writtenInto } from "./programs.ts";

export interface TargetRunOptions {
  /** Of `targetProgram` for tokens. */
  readonly session: Session;
  readonly ports: readonly StatePort[];
  /** What reading the source left, of one row. */
  readonly state: NDArrays;
  /** Positions of the source. */
  readonly sourceLength: number;
  /** Most positions of the target. */
  readonly capacity: number;
  readonly vocabSize: number;
}

/** The state of some rows, and the step program bound to it. */
interface Rows {
  readonly count: number;
  readonly arrays: Record<string, NDArray>;
  readonly ids: NDArray;
  readonly past: NDArray;
  readonly scores: NDArray;
  readonly run: BoundRun;
}

/**
 * State with a lifetime: the rows' keys and values, in two copies: to reorder rows, what they hold
 * of the target is copied from one to the other (the source is the same for all).
 */
export class TargetRun implements TargetSession, Disposable {
  readonly vocabSize: number;
  private readonly options: TargetRunOptions;
  private current: Rows;
  private spare: Rows | undefined;
  private past = 0;

  private constructor(options: TargetRunOptions) {
    this.options = options;
    this.vocabSize = options.vocabSize;
    this.current = this.rowsOf(1, options.state);
  }

  /**
   * Feeds the start and the given part of a target.
   *
   * @param prefix one token or more
   */
  static async open(
    options: TargetRunOptions,
    prefix: readonly number[],
    signal?: AbortSignal,
  ): Promise<{ readonly run: TargetRun; readonly start: SearchStart }> {
    const run = new TargetRun(options);
    const scores = await run.feed(prefix, signal);
    return { run, start: { session: run, scores } };
  }

  get rows(): number {
    return this.current.count;
  }

  async step(tokens: ArrayLike<number>): Promise<Float32Array> {
    const { ids, past, run, scores, count } = this.current;
    this.checkRoom(1);
    for (let row = 0; row < count; row++) ids.data[row] = BigInt(tokens[row]);
    (past.data as Int32Array).fill(this.past);
    await run.run();
    this.past++;
    return scores.data as Float32Array;
  }

  async reorder(from: readonly number[]): Promise<void> {
    if (from.length === this.rows && from.every((row, i) => row === i)) return;
    const before = this.current;
    if (this.spare && this.spare.count !== from.length) {
      this.spare.run.dispose();
      this.spare = undefined;
    }
    const after = this.spare ?? this.rowsOf(from.length, this.options.state);
    for (const port of this.options.ports) {
      if (port.isWritten) this.copyTarget(port, before, after, from);
    }
    this.current = after;
    this.spare = before;
  }

  [Symbol.dispose](): void {
    this.current.run.dispose();
    this.spare?.run.dispose();
  }

  /** Several tokens to the only row; scores of what follows the last. */
  private async feed(tokens: readonly number[], signal?: AbortSignal): Promise<Float32Array> {
    this.checkRoom(tokens.length);
    const { arrays } = this.current;
    const ids = fromValues("i64", [1, tokens.length], tokens);
    const past = fromValues("i32", [1], [this.past]);
    const scores = zeros("f32", [1, this.vocabSize]);
    const outputs = { scores, ...writtenInto(this.options.ports, arrays) };
    await this.options.session.run({ ...arrays, ids, past }, { outputs, signal });
    this.past += tokens.length;
    return scores.data as Float32Array;
  }

  private checkRoom(positions: number): void {
    const { capacity } = this.options;
    if (this.past + positions <= capacity) return;
    throw new RangeError(`task: the target has room for ${capacity} positions, and no more`);
  }

  /** Rows that all hold what the source left. */
  private rowsOf(count: number, state: NDArrays): Rows {
    const arrays: Record<string, NDArray> = {};
    for (const { name } of this.options.ports) {
      arrays[name] = count === 1 && !this.current ? state[name] : repeated(state[name], count);
    }
    const ids = zeros("i64", [count, 1]);
    const past = zeros("i32", [count]);
    const scores = zeros("f32", [count, this.options.vocabSize]);
    const run = this.options.session.bind({
      inputs: { ...arrays, ids, past },
      outputs: { scores, ...writtenInto(this.options.ports, arrays) },
    });
    return { count, arrays, ids, past, scores, run };
  }

  /** Copies the target's positions of each row: arrays are [rows, heads, positions, width]. */
  private copyTarget(port: StatePort, from: Rows, to: Rows, order: readonly number[]): void {
    const source = from.arrays[port.name];
    const [, heads, positions, width] = source.shape;
    const first = port.isBehindSource ? this.options.sourceLength : 0;
    const [a, b] = [source.data as Float32Array, to.arrays[port.name].data as Float32Array];
    for (let row = 0; row < order.length; row++) {
      for (let head = 0; head < heads; head++) {
        const start = ((order[row] * heads + head) * positions + first) * width;
        const target = ((row * heads + head) * positions + first) * width;
        b.set(a.subarray(start, start + this.past * width), target);
      }
    }
  }
}

/** An array of one row as several equal ones. */
function repeated(array: NDArray, count: number): NDArray {
  const all = zeros(array.dtype, [count, ...array.shape.slice(1)]);
  const bytes = byteLength(array);
  const from = new Uint8Array(array.data.buffer, array.data.byteOffset, bytes);
  const to = new Uint8Array(all.data.buffer, all.data.byteOffset, bytes * count);
  for (let row = 0; row < count; row++) to.set(from, row * bytes);
  return all;
}
