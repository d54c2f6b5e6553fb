/** Sizes of convolutions and pools: strides, paddings, dilations, and what they make of an axis. */

import { type Dim, dimAdd, dimDivide, dimMul, dimSub, type Shape, SymbolicDim } from "../shape.ts";
import { shapeError, type Tensor } from "../tensor.ts";

/** One number for all spatial axes, or one for each. */
export type PerAxis = number | readonly number[];

/** Zeros on both sides of each axis; [before, after] pairs where the sides differ. */
export type Padding = number | readonly (number | readonly [before: number, after: number])[];

export interface Window {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/** A value for each spatial axis, checked to be an integer of at least `least`. */
export function perAxis(
  op: string,
  what: string,
  value: PerAxis,
  rank: number,
  least: number,
): readonly number[] {
  const all = typeof value === "number" ? new Array<number>(rank).fill(value) : value;
  if (all.length !== rank || all.some((v) => !Number.isInteger(v) || v < least)) {
    const wanted = `${rank} integers of ${least} or more`;
    throw new Error(`${op}: ${what} [${all}] is not ${wanted}, one for each spatial axis`);
  }
  return all;
}

export interface WindowOptions {
  /** Steps between outputs (default 1; for pools the kernel). */
  readonly stride?: PerAxis;
  /** Zeros around the input (default 0). */
  readonly padding?: Padding;
  /** Steps between the taps of the kernel (default 1). */
  readonly dilation?: PerAxis;
}

export function windowOf(
  op: string,
  kernel: readonly number[],
  { stride = 1, padding = 0, dilation = 1 }: WindowOptions,
): Window {
  const rank = kernel.length;
  const sides = (side: 0 | 1): number[] | number =>
    typeof padding === "number"
      ? padding
      : padding.map((p) => (typeof p === "number" ? p : p[side]));
  return {
    kernel,
    stride: perAxis(op, "stride", stride, rank, 1),
    dilation: perAxis(op, "dilation", dilation, rank, 1),
    before: perAxis(op, "padding", sides(0), rank, 0),
    after: perAxis(op, "padding", sides(1), rank, 0),
  };
}

/** Places a kernel reaches over: (kernel - 1) · dilation + 1. */
export const extent = ({ kernel, dilation }: Window, axis: number): number =>
  (kernel[axis] - 1) * dilation[axis] + 1;

/** Size of each spatial axis after the window has moved over it. */
export function windowSizes(op: string, x: Tensor, w: Window): Shape {
  return w.kernel.map((_, axis) => {
    const size = x.shape[axis + 2];
    const room = dimSub(dimAdd(size, w.before[axis] + w.after[axis]), extent(w, axis));
    if (typeof room === "number" && room < 0) {
      throw shapeError(op, `the kernel [${w.kernel}] is larger than the padded input`, [x]);
    }
    const steps = floorDivide(room, w.stride[axis]);
    if (steps === undefined) {
      const reason = `spatial axis ${axis} of size ${size} does not divide by the stride`;
      throw shapeError(op, `${reason} ${w.stride[axis]}`, [x]);
    }
    return dimAdd(steps, 1);
  });
}

/** Exact where all but the constant term divide; undefined where the quotient is not known. */
function floorDivide(d: Dim, by: number): Dim | undefined {
  if (typeof d === "number") return Math.floor(d / by);
  const constant = d.terms.get("") ?? 0;
  const rest = dimDivide(dimSub(d, constant), by);
  return rest === undefined ? undefined : dimAdd(rest, Math.floor(constant / by));
}

/** Size of each spatial axis of a transposed convolution. */
export const transposedSizes = (x: Tensor, w: Window, extra: readonly number[]): Shape =>
  w.kernel.map((_, axis) => {
    const spread = dimMul(dimSub(x.shape[axis + 2], 1), w.stride[axis]);
    const rest = extent(w, axis) + extra[axis] - w.before[axis] - w.after[axis];
    return dimAdd(spread, rest);
  });

/** A dimension that must be a number. */
export function fixed(op: string, what: string, d: Dim, x: Tensor): number {
  if (d instanceof SymbolicDim) throw shapeError(op, `${what} ${d} is not a fixed number`, [x]);
  return d;
}
