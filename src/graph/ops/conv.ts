/** Convolutions over one, two or three spatial axes, and their transposes. */

import { onnx } from "../onnx/contract.ts";
import type { AttributeValue } from "../onnx/proto.ts";
import { type Dim, dimAdd, dimDivide, dimEquals, dimMul, dimSub, shapeEquals } from "../shape.ts";
import { apply, type Op, shapeError, type Tensor } from "../tensor.ts";
import {
  extent,
  fixed,
  type PerAxis,
  perAxis,
  transposedSizes,
  type Window,
  type WindowOptions,
  windowOf,
  windowSizes,
} from "./conv-shape.ts";
import { add } from "./elementwise.ts";
import { concat, flip, pad, slice, split } from "./join.ts";
import { matmul } from "./matmul.ts";
import { sum } from "./reduce.ts";
import { expandDims, reshape, transpose } from "./reshape.ts";

interface ConvAttrs {
  readonly window: Window;
  readonly groups: number;
}

interface TransposeAttrs extends ConvAttrs {
  /** Places added behind each axis, less than the stride. */
  readonly extra: readonly number[];
}

const attributesOf = ({ window: w, groups }: ConvAttrs): Record<string, AttributeValue> => ({
  kernel_shape: onnx.ints(w.kernel),
  strides: onnx.ints(w.stride),
  dilations: onnx.ints(w.dilation),
  pads: onnx.ints([...w.before, ...w.after]),
  group: onnx.int(groups),
});

const spatialAxes = (w: Window): number[] => w.kernel.map((_, i) => i + 2);

/** x [batch, channels, ...], weight [out, channels / groups, ...kernel]. */
const convOp: Op<ConvAttrs> = {
  name: "conv",
  infer([x, weight], { window, groups }) {
    const [out, own] = weight.shape;
    const fits =
      x.dtype === weight.dtype &&
      dimEquals(x.shape[1], dimMul(own, groups)) &&
      dimDivide(out, groups) !== undefined;
    if (!fits) throw shapeError("conv", `x and weight do not fit ${groups} groups`, [x, weight]);
    return [{ dtype: x.dtype, shape: [x.shape[0], out, ...windowSizes("conv", x, window)] }];
  },
  // ONNX Runtime's kernels are f32 only; other dtypes take the decomposition.
  lower: (to, inputs, { inputs: [x], attrs }) =>
    x.dtype === "f32" ? [to.emit("Conv", inputs, attributesOf(attrs))] : undefined,
  /** A sum of matrix products, one for each tap of the kernel. */
  expand([x, weight], { window, groups }) {
    const [out, own] = [dimDivide(weight.shape[0], groups)!, weight.shape[1]];
    const sizes = windowSizes("conv", x, window);
    const seen = taps(x, window, groups, sizes);
    const factors = split(reshape(weight, [groups, out, own, seen.length]), seen.length, 3);
    let y: Tensor | undefined;
    seen.forEach((inputs, i) => {
      const factor = reshape(factors[i], [groups, out, own]);
      const term = matmul(factor, inputs); // [batch, groups, out, places]
      y = y ? add(y, term) : term;
    });
    return [reshape(y!, [x.shape[0], weight.shape[0], ...sizes])];
  },
  grad({ inputs: [x, weight], attrs: { window, groups } }, [g]) {
    // Places behind the last window have no gradient, but their room.
    const none = window.stride.map(() => 0);
    const extra = transposedSizes(g!, window, none).map((d, i) =>
      fixed("conv", "the rest", dimSub(x.shape[i + 2], d), x),
    );
    return [
      apply(convTransposeOp, [g!, weight], { window, groups, extra })[0],
      weightGradient(x, g!, window, groups),
    ];
  },
};

/** x [batch, channels, ...], weight [channels, out / groups, ...kernel]. */
const convTransposeOp: Op<TransposeAttrs> = {
  name: "convTranspose",
  infer([x, weight], { window, groups, extra }) {
    const [channels, own] = weight.shape;
    const fits =
      x.dtype === weight.dtype &&
      dimEquals(x.shape[1], channels) &&
      dimDivide(channels, groups) !== undefined;
    if (!fits) {
      throw shapeError("convTranspose", `x and weight do not fit ${groups} groups`, [x, weight]);
    }
    const sizes = transposedSizes(x, window, extra);
    if (sizes.some((d) => typeof d === "number" && d < 1)) {
      throw shapeError("convTranspose", "the padding leaves nothing", [x, weight]);
    }
    return [{ dtype: x.dtype, shape: [x.shape[0], dimMul(own, groups), ...sizes] }];
  },
  lower: (to, inputs, { inputs: [x], attrs }) =>
    x.dtype === "f32"
      ? [
          to.emit("ConvTranspose", inputs, {
            ...attributesOf(attrs),
            output_padding: onnx.ints(attrs.extra),
          }),
        ]
      : undefined,
  /** A convolution of the inputs, spread by the stride, with the kernel turned around. */
  expand([x, weight], { window: w, groups, extra }) {
    const spatial = spatialAxes(w);
    let spread = x;
    for (const axis of spatial) {
      const i = axis - 2;
      spread = spreadAxis(spread, axis, w.stride[i]);
      const reach = extent(w, i) - 1;
      spread = resize(spread, axis, reach - w.before[i], reach - w.after[i] + extra[i]);
    }
    const [channels, own, ...kernel] = weight.shape;
    const perGroup = dimDivide(channels, groups)!;
    const byGroup = reshape(weight, [groups, perGroup, own, ...kernel]);
    const turned = transpose(byGroup, [0, 2, 1, ...spatial.map((a) => a + 1)]);
    const joined = reshape(turned, [dimMul(own, groups), perGroup, ...kernel]);
    const ones = w.kernel.map(() => 1);
    const zeros = w.kernel.map(() => 0);
    const window = { ...w, stride: ones, before: zeros, after: zeros };
    return apply(convOp, [spread, flip(joined, spatial)], { window, groups });
  },
  grad: ({ inputs: [x, weight], attrs: { window, groups } }, [g]) => [
    apply(convOp, [g!, weight], { window, groups })[0],
    weightGradient(g!, x, window, groups),
  ],
};

/** stride - 1 zeros between neighbours along an axis. */
function spreadAxis(x: Tensor, axis: number, stride: number): Tensor {
  if (stride === 1) return x;
  const size = dimMul(x.shape[axis], stride);
  const apart = pad(expandDims(x, axis + 1), axis + 1, 0, stride - 1);
  const flat = reshape(
    apart,
    x.shape.map((d, i) => (i === axis ? size : d)),
  );
  return slice(flat, axis, 0, dimSub(size, stride - 1));
}

/** Zeros added to both sides of an axis, or places taken away where negative. */
function resize(x: Tensor, axis: number, before: number, after: number): Tensor {
  const padded = pad(x, axis, Math.max(before, 0), Math.max(after, 0));
  const size = padded.shape[axis];
  return slice(padded, axis, Math.max(-before, 0), dimSub(size, Math.max(-after, 0)));
}

/**
 * For each tap of the kernel, the last axis fastest, the inputs it meets:
 * [batch, groups, channels / groups, places].
 */
function taps(x: Tensor, w: Window, groups: number, sizes: readonly Dim[]): Tensor[] {
  let seen = [x];
  for (const axis of spatialAxes(w)) {
    const i = axis - 2;
    seen = seen.flatMap((part) => {
      // Room for whole strides behind the last place.
      const padded = pad(part, axis, w.before[i], w.after[i] + w.stride[i] - 1);
      return Array.from({ length: w.kernel[i] }, (_, place) => {
        const start = place * w.dilation[i];
        const end = dimAdd(dimMul(sizes[i], w.stride[i]), start);
        return slice(padded, axis, start, end, w.stride[i]);
      });
    });
  }
  const flat = [x.shape[0], groups, dimDivide(x.shape[1], groups)!, sizes.reduce(dimMul, 1 as Dim)];
  return seen.map((part) => reshape(part, flat));
}

/** Gradient by the weight, [out, channels / groups, ...kernel], from g [batch, out, ...]. */
function weightGradient(x: Tensor, g: Tensor, w: Window, groups: number): Tensor {
  const [batch, all, ...sizes] = g.shape;
  const out = dimDivide(all, groups)!;
  const own = dimDivide(x.shape[1], groups)!;
  const rows = reshape(g, [batch, groups, out, sizes.reduce(dimMul, 1 as Dim)]);
  const columns = taps(x, w, groups, sizes).map((seen) => {
    const products = matmul(rows, seen, { transposeB: true }); // [batch, groups, out, own]
    return reshape(sum(products, { axes: [0] }), [all, own, 1]);
  });
  return reshape(concat(columns, 2), [all, own, ...w.kernel]);
}

export interface ConvOptions extends WindowOptions {
  /** Output channels of a group see the input channels of that group only (default 1). */
  readonly groups?: number;
  /** [out] */
  readonly bias?: Tensor;
}

export interface ConvTransposeOptions extends ConvOptions {
  /** Places added behind each axis, less than the stride (default 0). */
  readonly outputPadding?: PerAxis;
}

function checkOperands(op: string, x: Tensor, weight: Tensor): readonly number[] {
  const rank = x.shape.length - 2;
  if (rank < 1 || rank > 3 || weight.shape.length !== rank + 2) {
    throw shapeError(op, "needs x [batch, channels, ...] with 1 to 3 spatial axes", [x, weight]);
  }
  return weight.shape.slice(2).map((d) => fixed(op, "kernel size", d, weight));
}

function addBias(op: string, y: Tensor, bias: Tensor | undefined): Tensor {
  if (!bias) return y;
  if (!shapeEquals(bias.shape, [y.shape[1]])) {
    throw shapeError(op, `the bias is not [${y.shape[1]}]`, [bias]);
  }
  return add(y, reshape(bias, [-1, ...y.shape.slice(2).map(() => 1)]));
}

/**
 * Convolution (cross-correlation, as in PyTorch) over one, two or three spatial axes.
 *
 * @param x [batch, channels, ...spatial]
 * @param weight [out, channels / groups, ...kernel]
 * @returns [batch, out, ...], each axis floor((size + padding - extent) / stride) + 1
 * @throws {ShapeError} where the operands do not fit, or a symbolic axis has no known quotient.
 * @example
 * const x = input("x", "f32", [dim("batch"), 3, 32, 32]);
 * const y = conv(x, parameter("w", "f32", [16, 3, 3, 3]), { stride: 2, padding: 1 });
 */
export function conv(x: Tensor, weight: Tensor, options: ConvOptions = {}): Tensor {
  const { groups = 1, bias } = options;
  const window = windowOf("conv", checkOperands("conv", x, weight), options);
  return addBias("conv", apply(convOp, [x, weight], { window, groups })[0], bias);
}

/**
 * Transposed convolution: the gradient of `conv` by its input, as a layer that makes images larger.
 *
 * @param x [batch, channels, ...spatial]
 * @param weight [channels, out / groups, ...kernel]
 * @returns [batch, out, ...], each axis (size - 1) · stride + extent - padding + outputPadding
 */
export function convTranspose(
  x: Tensor,
  weight: Tensor,
  options: ConvTransposeOptions = {},
): Tensor {
  const { groups = 1, bias, outputPadding = 0 } = options;
  const window = windowOf("convTranspose", checkOperands("convTranspose", x, weight), options);
  const rank = window.kernel.length;
  const extra = perAxis("convTranspose", "outputPadding", outputPadding, rank, 0);
  if (extra.some((e, i) => e >= window.stride[i])) {
    throw new Error(
      `convTranspose: outputPadding [${extra}] is not less than the stride [${window.stride}]`,
    );
  }
  const y = apply(convTransposeOp, [x, weight], { window, groups, extra })[0];
  return addBias("convTranspose", y, bias);
}
