/** What goes from one micro-batch of a step to the next (`TracedLoss.carried`). */

import { type NDArray, zeros } from "../graph/ndarray.ts";
import type { BoundRun } from "../runtime/types.ts";
import { nextOf, type TracedLoss } from "./gradient.ts";

/** Two arrays a state, which take turns as input and output. */
export class CarriedState {
  private readonly pairs: ReadonlyMap<string, readonly [NDArray, NDArray]>;
  private turn: 0 | 1 = 0;

  constructor({ carried = {} }: TracedLoss) {
    this.pairs = new Map(
      Object.values(carried).map(({ input }, i) => {
        const { dtype, shape } = input;
        if (!shape.every((d) => typeof d === "number")) {
          throw new Error(`train: carried state "${Object.keys(carried)[i]}" has no static shape`);
        }
        const fixed = shape as readonly number[]; // checked above
        return [Object.keys(carried)[i], [zeros(dtype, fixed), zeros(dtype, fixed)]];
      }),
    );
  }

  /** Zero, as at the start of a step. */
  reset(): void {
    this.turn = 0;
    for (const [{ data }] of this.pairs.values()) data.fill(0 as never); // of whichever kind
  }

  /** What the micro-batch reads, by the names of the inputs. */
  get inputs(): Record<string, NDArray> {
    return Object.fromEntries(Array.from(this.pairs, ([name, pair]) => [name, pair[this.turn]]));
  }

  /** What it writes, by the names of the outputs. */
  get outputs(): Record<string, NDArray> {
    const other = this.turn === 0 ? 1 : 0;
    return Object.fromEntries(
      Array.from(this.pairs, ([name, pair]) => [nextOf(name), pair[other]]),
    );
  }

  bind(run: BoundRun): void {
    if (this.pairs.size === 0) return;
    for (const [name, array] of Object.entries({ ...this.inputs, ...this.outputs })) {
      run.rebind(name, array);
    }
  }

  /** After a micro-batch: what it wrote is what the next one reads. */
  advance(): void {
    this.turn = this.turn === 0 ? 1 : 0;
  }
}
