/** Joining and cutting along an axis: concat, split, slice, pad. */

import { onnx } from "../onnx/lowering.ts";
import { type Dim, dimAdd, dimEquals, dimSub, type Shape } from "../shape.ts";
import { apply, type Op, shapeError, type Tensor } from "../tensor.ts";
import { axisOf } from "./axes.ts";
import { zerosLike } from "./leaf.ts";

const withAxis = (shape: Shape, axis: number, size: Dim): Shape =>
  shape.map((d, i) => (i === axis ? size : d));

const concatOp: Op<{ axis: number }> = {
  name: "concat",
  infer(inputs, { axis }) {
    const [first] = inputs;
    for (const x of inputs) {
      const fits =
        x.dtype === first.dtype &&
        x.shape.length === first.shape.length &&
        x.shape.every((d, i) => i === axis || dimEquals(d, first.shape[i]));
      if (!fits) throw shapeError("concat", `operands differ beyond axis ${axis}`, inputs);
    }
    const size = inputs.map((x) => x.shape[axis]).reduce(dimAdd);
    return [{ dtype: first.dtype, shape: withAxis(first.shape, axis, size) }];
  },
  lower: (to, inputs, { attrs: { axis } }) => [
    to.emit("Concat", inputs, { axis: onnx.int(axis) }),
  ],
  grad({ inputs, attrs: { axis } }, [g]) {
    const sizes = inputs.map((x) => x.shape[axis]);
    return split(g!, sizes, axis);
  },
};

/** Joins tensors along an axis. */
export function concat(inputs: readonly Tensor[], axis: number): Tensor {
  if (inputs.length === 0) throw new Error("concat: needs at least one tensor");
  if (inputs.length === 1) return inputs[0];
  return apply(concatOp, inputs, { axis: axisOf("concat", axis, inputs[0]) })[0];
}

const splitOp: Op<{ sizes: Shape; axis: number }> = {
  name: "split",
  infer([x], { sizes, axis }) {
    if (!dimEquals(sizes.reduce(dimAdd), x.shape[axis])) {
      throw shapeError("split", `sizes [${sizes}] do not add up to axis ${axis}`, [x]);
    }
    return sizes.map((size) => ({ dtype: x.dtype, shape: withAxis(x.shape, axis, size) }));
  },
  lower: (to, [x], { attrs: { sizes, axis } }) =>
    to.emitMany("Split", [x, to.shape(sizes)], { axis: onnx.int(axis) }, sizes.length),
  grad: ({ outputs, attrs: { axis } }, grads) => [
    concat(
      outputs.map((y, i) => grads[i] ?? zerosLike(y)),
      axis,
    ),
  ],
};

/** Cuts along an axis into parts of the given sizes, or into `sizes` equal parts. */
export function split(x: Tensor, sizes: number | Shape, axis: number): readonly Tensor[] {
  const at = axisOf("split", axis, x);
  let parts = sizes;
  if (typeof parts === "number") {
    const size = x.shape[at];
    if (typeof size !== "number" || size % parts !== 0) {
      throw shapeError("split", `axis ${axis} does not divide into ${parts} equal parts`, [x]);
    }
    parts = new Array<number>(parts).fill(size / parts);
  }
  return parts.length === 1 ? [x] : apply(splitOp, [x], { sizes: parts, axis: at });
}

interface SliceAttrs {
  readonly axis: number;
  readonly start: Dim;
  readonly end: Dim;
}

const sliceOp: Op<SliceAttrs> = {
  name: "slice",
  infer: ([x], { axis, start, end }) => [
    { dtype: x.dtype, shape: withAxis(x.shape, axis, dimSub(end, start)) },
  ],
  lower: (to, [x], { attrs: { axis, start, end } }) => [
    to.emit("Slice", [x, to.dim(start), to.dim(end), to.constant("i64", [1], [axis])]),
  ],
  grad: ({ inputs: [x], attrs: { axis, start, end } }, [g]) => [
    pad(g!, axis, start, dimSub(x.shape[axis], end)),
  ],
};

/** Elements start <= i < end along an axis; negative numbers count from the end. */
export function slice(x: Tensor, axis: number, start: Dim, end?: Dim): Tensor {
  const at = axisOf("slice", axis, x);
  const size = x.shape[at];
  const place = (d: Dim): Dim => (typeof d === "number" && d < 0 ? dimAdd(size, d) : d);
  const [from, to] = [place(start), place(end ?? size)];
  if (typeof from === "number" && typeof to === "number" && from > to) {
    throw shapeError("slice", `start ${from} is after end ${to}`, [x]);
  }
  if (typeof to === "number" && typeof size === "number" && to > size) {
    throw shapeError("slice", `end ${to} is beyond axis ${axis}`, [x]);
  }
  return from === 0 && dimEquals(to, size) ? x : apply(sliceOp, [x], { axis: at, start: from, end: to })[0];
}

const padOp: Op<{ axis: number; before: Dim; after: Dim; value: number }> = {
  name: "pad",
  infer: ([x], { axis, before, after }) => [
    {
      dtype: x.dtype,
      shape: withAxis(x.shape, axis, dimAdd(x.shape[axis], dimAdd(before, after))),
    },
  ],
  lower: (to, [name], { inputs: [x], attrs: { axis, before, after, value } }) => [
    to.emit("Pad", [
      name,
      to.shape([before, after]),
      to.constant(x.dtype, [], [value]),
      to.constant("i64", [1], [axis]),
    ]),
  ],
  grad: ({ inputs: [x], attrs: { axis, before } }, [g]) => [
    slice(g!, axis, before, dimAdd(before, x.shape[axis])),
  ],
};

/** Adds `before` and `after` elements of `value` along an axis. */
export function pad(x: Tensor, axis: number, before: Dim, after: Dim, value = 0): Tensor {
  if (before === 0 && after === 0) return x;
  return apply(padOp, [x], { axis: axisOf("pad", axis, x), before, after, value })[0];
}
