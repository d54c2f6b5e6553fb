/** A loss's metrics (`TracedLoss.metrics`), summed over the micro-batches of a step. */

import { type NDArray, zeros } from "../graph/ndarray.ts";
import { metricOf, type TracedLoss } from "./gradient.ts";

export class StepSums {
  /** What one micro-batch writes. */
  private readonly parts = new Map<string, NDArray>();
  private readonly totals = new Map<string, NDArray>();

  constructor({ metrics = {} }: TracedLoss) {
    for (const [name, { dtype, shape }] of Object.entries(metrics)) {
      if (dtype !== "f32" || !shape.every((d) => typeof d === "number")) {
        throw new Error(`train: metric "${name}" is ${dtype} [${shape}], expected f32, static`);
      }
      const fixed = shape as readonly number[]; // checked above
      this.parts.set(name, zeros("f32", fixed));
      this.totals.set(name, zeros("f32", fixed));
    }
  }

  /** By the names of the program's outputs. */
  get outputs(): Record<string, NDArray> {
    return Object.fromEntries(Array.from(this.parts, ([name, array]) => [metricOf(name), array]));
  }

  reset(): void {
    for (const { data } of this.totals.values()) (data as Float32Array).fill(0);
  }

  /** Adds what a micro-batch wrote. */
  add(): void {
    for (const [name, part] of this.parts) {
      const [from, to] = [part.data as Float32Array, this.totals.get(name)!.data as Float32Array];
      for (let i = 0; i < from.length; i++) to[i] += from[i];
    }
  }

  /** Scalars, divided by what the loss is divided by. */
  means(supervised: number): Record<string, number> {
    const scalars = Array.from(this.totals).filter(([, { shape }]) => shape.length === 0);
    return Object.fromEntries(
      scalars.map(([name, { data }]) => [name, Number(data[0]) / supervised]),
    );
  }

  /** All that is not a scalar. */
  get arrays(): Record<string, NDArray> {
    return Object.fromEntries(Array.from(this.totals).filter(([, { shape }]) => shape.length > 0));
  }
}
