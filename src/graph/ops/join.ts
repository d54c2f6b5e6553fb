/** Joining and cutting along an axis: concat, stack, split, slice, flip, pad. */

import { onnx } from "../onnx/contract.ts";
import { type Dim, dimAdd, dimDivide, dimEquals, dimMul, dimSub, type Shape } from "../shape.ts";
import { apply, type Op, shapeError, type Tensor } from "../tensor.ts";
import { axesOf, axisOf } from "./axes.ts";
import { emitKernel } from "./kernel.ts";
import { zerosLike } from "./leaf.ts";
import { expandDims, reshape } from "./reshape.ts";

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
  lower: (to, inputs, { attrs: { axis } }) => [to.emit("Concat", inputs, { axis: onnx.int(axis) })],
  grad({ inputs, attrs: { axis } }, [g]) {
    const sizes = inputs.map((x) => x.shape[axis]);
    return split(g!, sizes, axis);
  },
};

/** Joins tensors along an axis. */
export function concat(inputs: readonly Tensor[], axis: number): Tensor {
  if (inputs.length === 0) throw new Error("concat: needs at least one tensor");
  const at = axisOf("concat", axis, inputs[0]);
  if (inputs.length === 1) return inputs[0];
  return apply(concatOp, inputs, { axis: at })[0];
}

/** Joins tensors of one shape along a new axis (negative counts from the end of the result). */
export const stack = (inputs: readonly Tensor[], axis = 0): Tensor => {
  if (inputs.length === 0) throw new Error("stack: needs at least one tensor");
  return concat(
    inputs.map((x) => expandDims(x, axis)),
    axis,
  );
};

const splitOp: Op<{ sizes: Shape; axis: number }> = {
  name: "split",
  infer([x], { sizes, axis }) {
    if (!dimEquals(sizes.reduce(dimAdd, 0 as Dim), x.shape[axis])) {
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
    const size = dimDivide(x.shape[at], parts);
    if (size === undefined) {
      throw shapeError("split", `axis ${axis} does not divide into ${parts} equal parts`, [x]);
    }
    parts = new Array<Dim>(parts).fill(size);
  }
  if (parts.length === 1 && dimEquals(parts[0], x.shape[at])) return [x];
  return apply(splitOp, [x], { sizes: parts, axis: at });
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

const strideOp: Op<{ axis: number; step: number }> = {
  name: "slice",
  infer([x], { axis, step }) {
    const size = x.shape[axis];
    const count = typeof size === "number" ? Math.ceil(size / step) : dimDivide(size, step);
    if (count === undefined) {
      throw shapeError("slice", `step ${step} does not divide ${size} on axis ${axis}`, [x]);
    }
    return [{ dtype: x.dtype, shape: withAxis(x.shape, axis, count) }];
  },
  lower: (to, [x], { attrs: { axis, step } }) => {
    const i64 = (value: number) => to.constant("i64", [1], [value]);
    return [to.emit("Slice", [x, i64(0), i64(2 ** 40), i64(axis), i64(step)])];
  },
  grad({ inputs: [x], outputs: [y], attrs: { axis, step } }, [g]) {
    // step - 1 zeros behind each element; those behind the last may be too many.
    const spread = pad(expandDims(g!, axis + 1), axis + 1, 0, step - 1);
    const flat = reshape(spread, withAxis(x.shape, axis, dimMul(y.shape[axis], step)));
    return [slice(flat, axis, 0, x.shape[axis])];
  },
};

/**
 * Elements start, start + step, … before `end` along an axis; negative numbers count from the
 * end. With a negative step, as in NumPy, from `start` (default: the last) down to the one after
 * `end` (default: all the way).
 */
export function slice(x: Tensor, axis: number, start?: Dim, end?: Dim, step = 1): Tensor {
  const at = axisOf("slice", axis, x);
  const size = x.shape[at];
  if (!Number.isInteger(step) || step === 0) {
    throw shapeError("slice", `step ${step} is no integer other than 0`, [x]);
  }
  const place = (d: Dim): Dim => (typeof d === "number" && d < 0 ? dimAdd(size, d) : d);
  const forward = step > 0;
  const from = forward ? place(start ?? 0) : end === undefined ? 0 : dimAdd(place(end), 1);
  const to = forward ? place(end ?? size) : start === undefined ? size : dimAdd(place(start), 1);
  if (typeof from === "number" && (from < 0 || (typeof to === "number" && from > to))) {
    throw shapeError("slice", `start ${from} is not within 0 and end ${to}`, [x]);
  }
  if (typeof to === "number" && typeof size === "number" && to > size) {
    throw shapeError("slice", `end ${to} is beyond axis ${axis}`, [x]);
  }
  const whole = from === 0 && dimEquals(to, size);
  let y = whole ? x : apply(sliceOp, [x], { axis: at, start: from, end: to })[0];
  if (!forward) y = flip(y, [at]);
  const stride = Math.abs(step);
  return stride === 1 ? y : apply(strideOp, [y], { axis: at, step: stride })[0];
}

const flipOp: Op<{ axes: readonly number[] }> = {
  name: "flip",
  infer: ([{ dtype, shape }]) => [{ dtype, shape }],
  lower(to, [x], { attrs: { axes } }) {
    const all = (value: number) =>
      to.constant(
        "i64",
        [axes.length],
        axes.map(() => value),
      );
    return [
      to.emit("Slice", [
        x,
        all(-1),
        all(-(2 ** 40)),
        to.constant("i64", [axes.length], axes),
        all(-1),
      ]),
    ];
  },
  grad: ({ attrs: { axes } }, [g]) => [flip(g!, axes)],
};

/** Reverses the order along axes (default: all). */
export function flip(x: Tensor, axes?: readonly number[]): Tensor {
  const all = axesOf("flip", axes, x);
  return all.length === 0 ? x : apply(flipOp, [x], { axes: all })[0];
}

const padOp: Op<{ axis: number; before: Dim; after: Dim; value: number }> = {
  name: "pad",
  infer([x], { axis, before, after }) {
    const size = dimAdd(x.shape[axis], dimAdd(before, after));
    if ([before, after, size].some((d) => typeof d === "number" && d < 0)) {
      throw shapeError("pad", `${before} before and ${after} after axis ${axis} is negative`, [x]);
    }
    return [{ dtype: x.dtype, shape: withAxis(x.shape, axis, size) }];
  },
  lower(to, [name], { inputs: [x], attrs: { axis, before, after, value } }) {
    const { dtype } = x;
    const wide = ({ bf16: "f32", i16: "i32", u16: "i32" } as const)[dtype as "bf16"] ?? dtype;
    const rest = [
      to.shape([before, after]),
      to.constant(wide, [], [value]),
      to.constant("i64", [1], [axis]),
    ];
    return [emitKernel(to, "Pad", [name], dtype, { missing: ["bf16", "i16", "u16"], rest })];
  },
  grad: ({ inputs: [x], attrs: { axis, before } }, [g]) => [
    slice(g!, axis, before, dimAdd(before, x.shape[axis])),
  ],
};

/** Adds `before` and `after` elements of `value` along an axis. */
export function pad(x: Tensor, axis: number, before: Dim, after: Dim, value = 0): Tensor {
  const at = axisOf("pad", axis, x);
  if (before === 0 && after === 0) return x;
  return apply(padOp, [x], { axis: at, before, after, value })[0];
}
