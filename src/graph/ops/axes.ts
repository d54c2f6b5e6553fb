/** Axis arguments, shared by all ops that take them. */

import { shapeError, type Tensor } from "../tensor.ts";

/** Axis counted from the front, checked against the rank. */
export function axisOf(op: string, axis: number, x: Tensor): number {
  const rank = x.shape.length;
  const at = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || at < 0 || at >= rank) {
    throw shapeError(op, `axis ${axis} is out of range for rank ${rank}`, [x]);
  }
  return at;
}

/** Distinct axes counted from the front; all axes where none are given. */
export function axesOf(op: string, axes: readonly number[] | undefined, x: Tensor): number[] {
  const all = axes?.map((a) => axisOf(op, a, x)) ?? x.shape.map((_, i) => i);
  if (new Set(all).size !== all.length) throw shapeError(op, `axes [${axes}] repeat`, [x]);
  return all;
}
