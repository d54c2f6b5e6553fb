/** Pooling over one, two or three spatial axes. */

import { onnx } from "../onnx/contract.ts";
import { dimMul, shapeSize } from "../shape.ts";
import { apply, type Op, shapeError, type Tensor } from "../tensor.ts";
import { conv } from "./conv.ts";
import {
  type PerAxis,
  perAxis,
  type Window,
  type WindowOptions,
  windowOf,
  windowSizes,
} from "./conv-shape.ts";
import { div, mod } from "./elementwise.ts";
import { scatterAdd } from "./gather.ts";
import { dimSize, full, onesLike, zerosLike } from "./leaf.ts";
import { mean } from "./reduce.ts";
import { reshape } from "./reshape.ts";

const attributesOf = (w: Window) => ({
  kernel_shape: onnx.ints(w.kernel),
  strides: onnx.ints(w.stride),
  dilations: onnx.ints(w.dilation),
  pads: onnx.ints([...w.before, ...w.after]),
});

function poolShape(op: string, x: Tensor, window: Window) {
  return { dtype: x.dtype, shape: [...x.shape.slice(0, 2), ...windowSizes(op, x, window)] };
}

/** Outputs: maxima, and where they were in all of x, flat. */
const maxPoolOp: Op<{ window: Window }> = {
  name: "maxPool",
  infer([x], { window }) {
    const y = poolShape("maxPool", x, window);
    return [y, { dtype: "i64", shape: y.shape }];
  },
  lower: (to, inputs, { attrs: { window } }) =>
    to.emitMany("MaxPool", inputs, attributesOf(window), 2),
  grad({ inputs: [x], outputs: [, indices] }, [g]) {
    const flat = zerosLike(reshape(x, [-1]));
    return [reshape(scatterAdd(flat, reshape(indices, [-1]), reshape(g!, [-1]), 0), x.shape)];
  },
};

const avgPoolOp: Op<{ window: Window; countPadding: boolean }> = {
  name: "avgPool",
  infer: ([x], { window }) => [poolShape("avgPool", x, window)],
  lower: (to, inputs, { inputs: [x], attrs: { window, countPadding } }) =>
    x.dtype === "f32"
      ? [
          to.emit("AveragePool", inputs, {
            ...attributesOf(window),
            count_include_pad: onnx.int(countPadding ? 1 : 0),
          }),
        ]
      : undefined,
  /** A convolution of every channel by itself with ones; its gradient is the pool's. */
  expand([x], { window, countPadding }) {
    const total = windowSum(x, window);
    const count = countPadding
      ? full([], shapeSize(window.kernel) as number, x.dtype)
      : windowSum(onesLike(x), window);
    return [div(total, count)];
  },
};

function windowSum(x: Tensor, w: Window): Tensor {
  const [batch, channels, ...spatial] = x.shape;
  const images = reshape(x, [dimMul(batch, channels), 1, ...spatial]);
  const y = conv(images, full([1, 1, ...w.kernel], 1, x.dtype), {
    stride: w.stride,
    dilation: w.dilation,
    padding: w.before.map((b, i) => [b, w.after[i]] as const),
  });
  return reshape(y, [batch, channels, ...y.shape.slice(2)]);
}

function poolWindow(op: string, x: Tensor, kernel: PerAxis, options: WindowOptions): Window {
  const rank = x.shape.length - 2;
  if (rank < 1 || rank > 3) {
    throw shapeError(op, "needs x [batch, channels, ...] with 1 to 3 spatial axes", [x]);
  }
  const size = perAxis(op, "kernel", kernel, rank, 1);
  const window = windowOf(op, size, { ...options, stride: options.stride ?? size });
  if (window.before.some((b, i) => b >= size[i] || window.after[i] >= size[i])) {
    throw new Error(`${op}: the padding is not less than the kernel [${size}]`);
  }
  return window;
}

export interface MaxPoolResult {
  /** [batch, channels, ...] */
  readonly output: Tensor;
  /** i64 [batch, channels, ...]: place of each maximum in its image, row by row. */
  readonly indices: Tensor;
}

/**
 * Largest element under a window that moves over each channel; the gradient goes to that element.
 *
 * @param x [batch, channels, ...spatial]
 * @param kernel size of the window; the stride is the same where not given
 */
export function maxPool(x: Tensor, kernel: PerAxis, options: WindowOptions = {}): MaxPoolResult {
  const window = poolWindow("maxPool", x, kernel, options);
  const [output, places] = apply(maxPoolOp, [x], { window });
  return { output, indices: mod(places, dimSize(x.shape.slice(2), "i64")) };
}

export interface AvgPoolOptions extends Omit<WindowOptions, "dilation"> {
  /** Zeros of the padding count as elements (default true, as in PyTorch). */
  readonly countPadding?: boolean;
}

/** Mean of the elements under a window. Arguments as for `maxPool`. */
export function avgPool(x: Tensor, kernel: PerAxis, options: AvgPoolOptions = {}): Tensor {
  const window = poolWindow("avgPool", x, kernel, options);
  return apply(avgPoolOp, [x], { window, countPadding: options.countPadding ?? true })[0];
}

/** Mean of each channel: [batch, channels, ...spatial] -> [batch, channels]. */
export const globalAvgPool = (x: Tensor): Tensor =>
  mean(x, { axes: x.shape.slice(2).map((_, i) => i + 2) });
