/** Ops that move elements without changing them: reshape, transpose, broadcast. */

import { onnx } from "../onnx/contract.ts";
import {
  broadcastShapes,
  type Dim,
  dimDivide,
  dimEquals,
  dimMul,
  formatShape,
  type Shape,
  shapeEquals,
  shapeSize,
} from "../shape.ts";
import { apply, type Op, shapeError, type Tensor } from "../tensor.ts";
import { axesOf, axisOf } from "./axes.ts";
import { emitKernel } from "./kernel.ts";

/** Whether the first two dimensions of two shapes are the same. */
const sameStart = (a: Shape, b: Shape): boolean => dimEquals(a[0], b[0]) && dimEquals(a[1], b[1]);

const reshapeOp: Op<{ shape: Shape }> = {
  name: "reshape",
  infer([x], { shape }) {
    if (!dimEquals(shapeSize(x.shape), shapeSize(shape))) {
      throw shapeError("reshape", `cannot become ${formatShape(shape)}, sizes differ`, [x]);
    }
    return [{ dtype: x.dtype, shape }];
  },
  lower: (to, [x], { inputs: [{ shape: from }], attrs: { shape } }) => {
    const [, , heads, width] = shape;
    const isSplit = from.length === 3 && shape.length === 4 && sameStart(from, shape);
    if (isSplit && typeof heads === "number" && typeof width === "number" && heads * width > 0) {
      return [to.splitHeads(x, heads, width)];
    }
    const isJoin = from.length === 4 && shape.length === 3 && sameStart(from, shape);
    if (isJoin && typeof shape[2] === "number" && shape[2] > 0) {
      return [to.joinHeads(x, shape[2])];
    }
    // 0 copies the dimension at the same place, one -1 is worked out: no shape arithmetic then.
    const unknown = shape.map((d, i) =>
      typeof d === "number" ? d : i < from.length && dimEquals(d, from[i]) ? 0 : -1,
    );
    const simple = unknown.filter((d) => d === -1).length <= 1 && !shape.includes(0);
    if (simple) return [to.emit("Reshape", [x, to.constant("i64", [shape.length], unknown)])];
    // Here 0 is a size, not a wish to copy one.
    return [to.emit("Reshape", [x, to.shape(shape)], { allowzero: onnx.int(1) })];
  },
  grad: ({ inputs: [x] }, [g]) => [reshape(g!, x.shape)],
};

/** Same elements in row-major order under another shape; one dimension may be -1. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const open = shape.indexOf(-1);
  let target = shape;
  if (open >= 0) {
    const rest = shapeSize(shape.filter((_, i) => i !== open));
    const missing = dimDivide(shapeSize(x.shape), rest);
    if (missing === undefined) {
      throw shapeError("reshape", `cannot work out -1 in ${formatShape(shape)}`, [x]);
    }
    target = shape.map((d, i) => (i === open ? missing : d));
  }
  return shapeEquals(x.shape, target) ? x : apply(reshapeOp, [x], { shape: target })[0];
}

const transposeOp: Op<{ order: readonly number[] }> = {
  name: "transpose",
  infer: ([x], { order }) => [{ dtype: x.dtype, shape: order.map((i) => x.shape[i]) }],
  lower: (to, inputs, { attrs: { order } }) => [
    to.emit("Transpose", inputs, { perm: onnx.ints(order) }),
  ],
  grad: ({ attrs: { order } }, [g]) => [
    transpose(
      g!,
      order.map((_, i) => order.indexOf(i)),
    ),
  ],
};

/** Permutes axes: output axis i is input axis `order[i]`. Default: swaps the last two. */
export function transpose(x: Tensor, order?: readonly number[]): Tensor {
  const rank = x.shape.length;
  const swap = Array.from({ length: rank }, (_, i) => i);
  if (!order && rank < 2) throw shapeError("transpose", "needs rank 2 or more", [x]);
  if (!order) [swap[rank - 2], swap[rank - 1]] = [rank - 1, rank - 2];
  const full = order ? order.map((a) => axisOf("transpose", a, x)) : swap;
  if (full.length !== rank || new Set(full).size !== rank) {
    throw shapeError("transpose", `order [${order}] is no permutation of ${rank} axes`, [x]);
  }
  return full.every((a, i) => a === i) ? x : apply(transposeOp, [x], { order: full })[0];
}

const broadcastToOp: Op<{ shape: Shape }> = {
  name: "broadcastTo",
  infer([x], { shape }) {
    const result = broadcastShapes(x.shape, shape);
    if (!result || !shapeEquals(result, shape)) {
      throw shapeError("broadcastTo", `does not broadcast to ${formatShape(shape)}`, [x]);
    }
    return [{ dtype: x.dtype, shape }];
  },
  lower: (to, [x], { inputs: [{ dtype }], attrs: { shape } }) => [
    emitKernel(to, "Expand", [x], dtype, { missing: ["bf16"], rest: [to.shape(shape)] }),
  ],
  grad: ({ inputs: [x] }, [g]) => [sumTo(g!, x.shape)],
};

/** Repeats along missing axes and axes of size 1, as NumPy's broadcast_to. */
export const broadcastTo = (x: Tensor, shape: Shape): Tensor =>
  shapeEquals(x.shape, shape) ? x : apply(broadcastToOp, [x], { shape })[0];

const sumToOp: Op<{ shape: Shape }> = {
  name: "sumTo",
  infer: ([x], { shape }) => [{ dtype: x.dtype, shape }],
  lower: (to, [x], { inputs: [{ dtype, shape: from }], attrs: { shape } }) => {
    const lead = from.length - shape.length;
    const axes = from.flatMap((d, i) =>
      i < lead || (shape[i - lead] === 1 && !dimEquals(d, 1)) ? [i] : [],
    );
    const rest = [to.constant("i64", [axes.length], axes)];
    const sum = emitKernel(to, "ReduceSum", [x], dtype, { missing: ["bf16"], rest });
    return [lead === 0 ? sum : to.emit("Reshape", [sum, to.shape(shape)])];
  },
  grad: ({ inputs: [x] }, [g]) => [broadcastTo(g!, x.shape)],
};

/** Transpose of `broadcastTo`: sums over the axes along which `shape` would be repeated. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  if (shapeEquals(x.shape, shape)) return x;
  const whole = broadcastShapes(shape, x.shape);
  if (!whole || !shapeEquals(whole, x.shape)) {
    throw shapeError("sumTo", `${formatShape(shape)} does not broadcast to`, [x]);
  }
  return apply(sumToOp, [x], { shape })[0];
}

/** Inserts an axis of size 1 before `axis` (negative counts from the end of the result). */
export function expandDims(x: Tensor, axis: number): Tensor {
  const rank = x.shape.length;
  const at = axis < 0 ? axis + rank + 1 : axis;
  if (!Number.isInteger(axis) || at < 0 || at > rank) {
    throw shapeError("expandDims", `axis ${axis} is out of range for rank ${rank + 1}`, [x]);
  }
  return reshape(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)]);
}

/** Removes axes of size 1. */
export function squeeze(x: Tensor, axes: readonly number[]): Tensor {
  const drop = axesOf("squeeze", axes, x);
  const wrong = drop.find((a) => x.shape[a] !== 1);
  if (wrong !== undefined) throw shapeError("squeeze", `axis ${wrong} has not size 1`, [x]);
  return reshape(
    x,
    x.shape.filter((_: Dim, i) => !drop.includes(i)),
  );
}

/** Repeats each element `count` times along an axis: [a, b] -> [a, a, b, b] (repeat_interleave). */
export function repeat(x: Tensor, count: number, axis: number): Tensor {
  const at = axisOf("repeat", axis, x);
  checkCount("repeat", count, x);
  const wide = [...x.shape.slice(0, at + 1), count, ...x.shape.slice(at + 1)];
  const shape = x.shape.map((d, i) => (i === at ? dimMul(d, count) : d));
  return reshape(broadcastTo(expandDims(x, at + 1), wide), shape);
}

/** Repeats the whole tensor along each axis: tile([a, b], [2]) = [a, b, a, b]. */
export function tile(x: Tensor, counts: readonly number[]): Tensor {
  if (counts.length !== x.shape.length) {
    throw shapeError("tile", `needs a count per axis, not [${counts}]`, [x]);
  }
  for (const count of counts) checkCount("tile", count, x);
  // [d0, d1] -> [1, d0, 1, d1] -> [c0, d0, c1, d1] -> [c0·d0, c1·d1]; axes of count 1 stay one.
  const apart = x.shape.flatMap((d, i) => (counts[i] === 1 ? [d] : [1, d]));
  const wide = x.shape.flatMap((d, i) => (counts[i] === 1 ? [d] : [counts[i], d]));
  const shape = x.shape.map((d, i) => dimMul(d, counts[i]));
  return reshape(broadcastTo(reshape(x, apart), wide), shape);
}

function checkCount(op: string, count: number, x: Tensor): void {
  if (!Number.isInteger(count) || count < 0) {
    throw shapeError(op, `count ${count} is no integer from 0 on`, [x]);
  }
}
