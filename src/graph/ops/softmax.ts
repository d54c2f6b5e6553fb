/** softmax and logSoftmax: composites with ONNX Runtime's kernels and the short gradients. */

import { onnx } from "../onnx/contract.ts";
import { apply, type Op, type Tensor } from "../tensor.ts";
import { axisOf } from "./axes.ts";
import { div, exp, log, mul, sub } from "./elementwise.ts";
import { max, sum } from "./reduce.ts";

const over = (axis: number) => ({ axes: [axis], keepDims: true });

const softmaxOp: Op<{ axis: number }> = {
  name: "softmax",
  infer: ([{ dtype, shape }]) => [{ dtype, shape }],
  lower: (to, inputs, { attrs: { axis } }) => [
    to.emit("Softmax", inputs, { axis: onnx.int(axis) }),
  ],
  expand([x], { axis }) {
    const e = exp(sub(x, max(x, over(axis))));
    return [div(e, sum(e, over(axis)))];
  },
  // dx = y (g - <g, y>)
  grad: ({ outputs: [y], attrs: { axis } }, [g]) => {
    const gy = mul(g!, y);
    return [sub(gy, mul(y, sum(gy, over(axis))))];
  },
};

/** exp(x) normalised to sum 1 along an axis. */
export const softmax = (x: Tensor, axis = -1): Tensor =>
  apply(softmaxOp, [x], { axis: axisOf("softmax", axis, x) })[0];

const logSoftmaxOp: Op<{ axis: number }> = {
  name: "logSoftmax",
  infer: ([{ dtype, shape }]) => [{ dtype, shape }],
  lower: (to, inputs, { attrs: { axis } }) => [
    to.emit("LogSoftmax", inputs, { axis: onnx.int(axis) }),
  ],
  expand([x], { axis }) {
    const shifted = sub(x, max(x, over(axis)));
    return [sub(shifted, log(sum(exp(shifted), over(axis))))];
  },
  // dx = g - softmax(x) sum(g)
  grad: ({ outputs: [y], attrs: { axis } }, [g]) => [sub(g!, mul(exp(y), sum(g!, over(axis))))],
};

/** log(softmax(x)) without overflow. */
export const logSoftmax = (x: Tensor, axis = -1): Tensor =>
  apply(logSoftmaxOp, [x], { axis: axisOf("logSoftmax", axis, x) })[0];
