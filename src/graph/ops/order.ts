/** When a value exists: gradients that hold memory no sooner than they need it. */

import { onnx } from "../onnx/contract.ts";
import type { Shape } from "../shape.ts";
import { apply, type Op, type Tensor } from "../tensor.ts";

const orderTokenOp: Op<Record<never, never>> = {
  name: "orderToken",
  infer: () => [{ dtype: "i64", shape: [] }],
  lower: (to, [g]) => {
    // 0, but only a run can tell: |g[0]| < 0 holds for no number and not for NaN.
    const flat = to.emit("Reshape", [g, to.constant("i64", [1], [-1])]);
    const [start, end] = [to.constant("i64", [1], [0]), to.constant("i64", [1], [1])];
    const first = to.emit("Cast", [to.emit("Slice", [flat, start, end])], { to: onnx.int(1) });
    const size = to.emit("ReduceSum", [to.emit("Abs", [first])], { keepdims: onnx.int(0) });
    const never = to.emit("Less", [size, to.constant("f32", [], [0])]);
    return [to.emit("Cast", [never], { to: onnx.int(7) })];
  },
};

/** The integer 0, known no sooner than `g` is. */
export const orderToken = (g: Tensor): Tensor => apply(orderTokenOp, [g], {})[0];

interface LateAttrs {
  readonly shape: Shape;
}

const lateOp: Op<LateAttrs> = {
  name: "late",
  infer: ([{ dtype }], { shape }) => [{ dtype, shape }],
  lower: (to, [x, token], { attrs: { shape } }) => [
    to.emit("Reshape", [x, to.emit("Add", [to.shape(shape), token])]),
  ],
};

/**
 * x under another shape of as many numbers, no sooner than `token` is known and without a copy:
 * what is computed from a weight would otherwise be computed when the program is loaded, and kept.
 * No gradient.
 */
export const late = (x: Tensor, shape: Shape, token: Tensor): Tensor =>
  apply(lateOp, [x, token], { shape })[0];
