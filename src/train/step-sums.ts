/** A loss's metrics (`TracedLoss.metrics`), summed over the micro-batches of a step. */

import { type NDArray, ndarray, zeros } from "../graph/ndarray.ts";
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

/** What a step over several losses reports: metrics of one name are added. */
export function joinSums(
  all: Iterable<StepSums>,
  supervised: number,
): { readonly means: Record<string, number>; readonly arrays: Record<string, NDArray> } {
  const means: Record<string, number> = {};
  const arrays: Record<string, NDArray> = {};
  for (const sums of all) {
    for (const [name, value] of Object.entries(sums.means(supervised))) {
      means[name] = (means[name] ?? 0) + value;
    }
    for (const [name, array] of Object.entries(sums.arrays)) {
      const known = arrays[name];
      arrays[name] = known ? sumOf(name, known, array) : array;
    }
  }
  return { means, arrays };
}

function sumOf(name: string, a: NDArray, b: NDArray): NDArray {
  if (`${a.shape}` !== `${b.shape}`) {
    throw new Error(
      `train: metric "${name}" is [${a.shape}] for one loss and [${b.shape}] for another`,
    );
  }
  const [x, y] = [a.data as Float32Array, b.data as Float32Array];
  return ndarray(
    "f32",
    a.shape,
    x.map((value, i) => value + y[i]),
  );
}
