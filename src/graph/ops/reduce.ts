/** Reductions over axes. */

import { onnx } from "../onnx/lowering.ts";
import type { Dim, Shape } from "../shape.ts";
import { apply, type Op, type Tensor } from "../tensor.ts";
import { axesOf } from "./axes.ts";
import { cast, div, equal, mul } from "./elementwise.ts";
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

function reduction(
  name: string,
  onnxType: string,
  grad: (g: Tensor, x: Tensor, y: Tensor, axes: readonly number[]) => Tensor,
): (x: Tensor, options?: ReduceOptions) => Tensor {
  const op: Op<ReduceAttrs> = {
    name,
    infer: ([x], attrs) => [{ dtype: x.dtype, shape: reducedShape(x.shape, attrs) }],
    lower: (to, [x], { attrs: { axes, keepDims } }) => [
      to.emit(onnxType, [x, to.constant("i64", [axes.length], axes)], {
        keepdims: onnx.int(keepDims ? 1 : 0),
      }),
    ],
    // The rule sees gradient and result with the reduced axes kept.
    grad: ({ inputs: [x], outputs: [y], attrs: { axes } }, [g]) => [
      grad(keepAxes(g!, x, axes), x, keepAxes(y, x, axes), axes),
    ],
  };
  return (x, { axes, keepDims = false } = {}) => {
    const all = axesOf(name, axes, x);
    return all.length === 0 ? x : apply(op, [x], { axes: all, keepDims })[0];
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

export const sum = reduction("sum", "ReduceSum", (g, x) => broadcastTo(g, x.shape));
export const mean = reduction("mean", "ReduceMean", (g, x, _, axes) =>
  broadcastTo(div(g, countOver(x, axes)), x.shape),
);
export const max = reduction("max", "ReduceMax", extremumGrad);
export const min = reduction("min", "ReduceMin", extremumGrad);
