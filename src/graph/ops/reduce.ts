/** Reductions over axes. */

import { type DType, isFloat } from "../dtype.ts";
import { onnx } from "../onnx/contract.ts";
import type { Dim, Shape } from "../shape.ts";
import { apply, type Op, shapeError, type Tensor } from "../tensor.ts";
import { axesOf, axisOf } from "./axes.ts";
import {
  cast,
  checkDomain,
  div,
  equal,
  exp,
  logicalAnd,
  mul,
  sqrt,
  square,
  sub,
  where,
} from "./elementwise.ts";
import { emitKernel } from "./kernel.ts";
import { dimSize } from "./leaf.ts";
import { broadcastTo, reshape } from "./reshape.ts";

export interface ReduceOptions {
  /** Axes to reduce, negative from the end; all where left out. */
  readonly axes?: readonly number[];
  /** Keep the reduced axes with size 1. */
  readonly keepDims?: boolean;
}

interface ReduceAttrs {
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

function reducedShape(shape: Shape, { axes, keepDims }: ReduceAttrs): Shape {
  const out: Dim[] = [];
  shape.forEach((d, i) => {
    if (!axes.includes(i)) out.push(d);
    else if (keepDims) out.push(1);
  });
  return out;
}

/** Gives a reduced tensor its reduced axes back, with size 1. */
const keepAxes = (y: Tensor, x: Tensor, axes: readonly number[]): Tensor =>
  reshape(y, reducedShape(x.shape, { axes, keepDims: true }));

interface Reduction {
  readonly onnxType: string;
  readonly domain: "any" | "number" | "float" | "bool";
  /** dtypes without a kernel. */
  readonly missing: readonly DType[];
  /** The rule sees gradient and result with the reduced axes kept. */
  readonly grad?: (g: Tensor, x: Tensor, y: Tensor, axes: readonly number[]) => Tensor;
}

function reduction(name: string, { onnxType, domain, missing, grad }: Reduction) {
  const op: Op<ReduceAttrs> = {
    name,
    infer([x], attrs) {
      checkDomain(name, domain, [x]);
      return [{ dtype: x.dtype, shape: reducedShape(x.shape, attrs) }];
    },
    lower: (to, [x], { inputs: [{ dtype }], attrs: { axes, keepDims } }) => [
      emitKernel(to, onnxType, [x], dtype, {
        missing,
        rest: [to.constant("i64", [axes.length], axes)],
        attributes: { keepdims: onnx.int(keepDims ? 1 : 0) },
      }),
    ],
    grad: ({ inputs: [x], outputs: [y], attrs: { axes } }, [g]) => [
      grad && isFloat(x.dtype)
        ? grad(keepAxes(g!, x, axes), x, keepAxes(y, x, axes), axes)
        : undefined,
    ],
  };
  return (x: Tensor, { axes, keepDims = false }: ReduceOptions = {}): Tensor => {
    const all = axesOf(name, axes, x);
    if (all.length > 0) return apply(op, [x], { axes: all, keepDims })[0];
    checkDomain(name, domain, [x]);
    return x;
  };
}

const countOver = (x: Tensor, axes: readonly number[]): Tensor =>
  dimSize(
    axes.map((a) => x.shape[a]),
    x.dtype,
  );

/** The gradient goes to the elements that attain the extremum, in equal parts. */
function extremumGrad(g: Tensor, x: Tensor, y: Tensor, axes: readonly number[]): Tensor {
  const attains = cast(equal(x, y), x.dtype);
  return mul(attains, div(g, sum(attains, { axes, keepDims: true })));
}

/** Product of the other elements, also where one of them is 0. */
function prodGrad(g: Tensor, x: Tensor, y: Tensor, axes: readonly number[]): Tensor {
  const isZero = equal(x, 0);
  const zeros = sum(cast(isZero, x.dtype), { axes, keepDims: true });
  const others = prod(where(isZero, 1, x), { axes, keepDims: true });
  const lonely = where(logicalAnd(isZero, equal(zeros, 1)), others, 0);
  return mul(g, where(equal(zeros, 0), div(y, where(isZero, 1, x)), lonely));
}

const SMALL_INTS: readonly DType[] = ["bf16", "i8", "i16", "u8", "u16", "u32"];

export const sum = reduction("sum", {
  onnxType: "ReduceSum",
  domain: "number",
  missing: SMALL_INTS,
  grad: (g, x) => broadcastTo(g, x.shape),
});
export const mean = reduction("mean", {
  onnxType: "ReduceMean",
  domain: "float",
  missing: ["bf16"],
  grad: (g, x, _, axes) => broadcastTo(div(g, countOver(x, axes)), x.shape),
});
/** Product; integers wrap around. */
export const prod = reduction("prod", {
  onnxType: "ReduceProd",
  domain: "number",
  missing: SMALL_INTS,
  grad: prodGrad,
});
/** Largest element, -Infinity over no elements. NaN may be passed over. */
export const max = reduction("max", {
  onnxType: "ReduceMax",
  domain: "number",
  missing: ["bf16", "i16", "u16", "u32"],
  grad: extremumGrad,
});
/** Smallest element, Infinity over no elements. NaN may be passed over. */
export const min = reduction("min", {
  onnxType: "ReduceMin",
  domain: "number",
  missing: ["bf16", "i16", "u16", "u32"],
  grad: extremumGrad,
});
/** log(Σ exp(x)) without overflow. */
export const logSumExp = reduction("logSumExp", {
  onnxType: "ReduceLogSumExp",
  domain: "float",
  missing: ["bf16"],
  grad: (g, x, y) => mul(g, exp(sub(x, y))),
});
/** Whether any element is true. */
export const any = reduction("any", { onnxType: "ReduceMax", domain: "bool", missing: [] });
/** Whether all elements are true. */
export const all = reduction("all", { onnxType: "ReduceMin", domain: "bool", missing: [] });

export interface VarianceOptions extends ReduceOptions {
  /** Subtracted from the count in the denominator (default 0; 1 for the unbiased estimate). */
  readonly correction?: number;
}

/** Mean squared deviation from the mean. */
export function variance(x: Tensor, { correction = 0, ...options }: VarianceOptions = {}): Tensor {
  const axes = axesOf("variance", options.axes, x);
  const centred = sub(x, mean(x, { axes, keepDims: true }));
  const total = sum(square(centred), { axes, keepDims: options.keepDims ?? false });
  return div(total, sub(countOver(x, axes), correction));
}

/** Square root of `variance`. */
export const standardDeviation = (x: Tensor, options?: VarianceOptions): Tensor =>
  sqrt(variance(x, options));

function argExtremum(name: string, onnxType: string) {
  const op: Op<{ axis: number; keepDims: boolean }> = {
    name,
    infer([x], { axis, keepDims }) {
      checkDomain(name, "number", [x]);
      if (x.shape[axis] === 0) throw shapeError(name, `axis ${axis} is empty`, [x]);
      return [{ dtype: "i64", shape: reducedShape(x.shape, { axes: [axis], keepDims }) }];
    },
    lower: (to, [x], { inputs: [{ dtype }], attrs: { axis, keepDims } }) => [
      emitKernel(to, onnxType, [x], dtype, {
        missing: ["bf16", "i16", "u16", "u32"],
        result: "i64",
        attributes: { axis: onnx.int(axis), keepdims: onnx.int(keepDims ? 1 : 0) },
      }),
    ],
    grad: () => [undefined],
  };
  return (x: Tensor, axis = -1, keepDims = false): Tensor =>
    apply(op, [x], { axis: axisOf(name, axis, x), keepDims })[0];
}

/** Index of the largest element along an axis, the first of equal ones; i64. */
export const argMax = argExtremum("argMax", "ArgMax");
/** Index of the smallest element along an axis, the first of equal ones; i64. */
export const argMin = argExtremum("argMin", "ArgMin");
