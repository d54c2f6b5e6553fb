/** Reading and writing by index. Negative indices count from the end, as in ONNX. */

import { onnx } from "../onnx/lowering.ts";
import { dimEquals, type Shape } from "../shape.ts";
import { apply, type Op, shapeError, type Tensor } from "../tensor.ts";
import { axisOf } from "./axes.ts";
import { zerosLike } from "./leaf.ts";
import { reshape } from "./reshape.ts";

const isIndex = (x: Tensor): boolean => x.dtype === "i64" || x.dtype === "i32";

const gatherOp: Op<{ axis: number }> = {
  name: "gather",
  infer([x, indices], { axis }) {
    if (!isIndex(indices)) throw shapeError("gather", "indices are not i64 or i32", [indices]);
    return [
      {
        dtype: x.dtype,
        shape: [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)],
      },
    ];
  },
  lower: (to, inputs, { attrs: { axis } }) => [
    to.emit("Gather", inputs, { axis: onnx.int(axis) }),
  ],
  grad: ({ inputs: [x, indices], attrs: { axis } }, [g]) => {
    if (axis !== 0) throw shapeError("gather", "gradient by an axis other than 0", [x, indices]);
    return [scatterAddRows(zerosLike(x), indices, g!)];
  },
};

/**
 * Slices of x along an axis, e.g. rows of an embedding table.
 *
 * @param x [..., n, ...]
 * @param indices integers of any shape
 * @returns x's shape with the axis replaced by indices' shape
 */
export const gather = (x: Tensor, indices: Tensor, axis = 0): Tensor =>
  apply(gatherOp, [x, indices], { axis: axisOf("gather", axis, x) })[0];

const scatterAddRowsOp: Op<Record<never, never>> = {
  name: "scatterAddRows",
  infer([x, indices, updates]) {
    const expected: Shape = [...indices.shape, ...x.shape.slice(1)];
    if (updates.shape.length !== expected.length) {
      throw shapeError("scatterAddRows", "updates do not fit", [x, indices, updates]);
    }
    return [{ dtype: x.dtype, shape: x.shape }];
  },
  lower: (to, [x, indices, updates], { inputs: [, at] }) => {
    const column = to.emit("Unsqueeze", [indices, to.constant("i64", [1], [at.shape.length])]);
    const wide = at.dtype === "i64" ? column : to.emit("Cast", [column], { to: onnx.int(7) });
    return [to.emit("ScatterND", [x, wide, updates], { reduction: onnx.string("add") })];
  },
  grad: ({ inputs: [, indices] }, [g]) => [g, undefined, gather(g!, indices)],
};

/**
 * x with `updates` added to the rows named by `indices`; rows may repeat.
 *
 * @param x [n, ...rest]
 * @param indices integers [...batch]
 * @param updates [...batch, ...rest]
 */
export const scatterAddRows = (x: Tensor, indices: Tensor, updates: Tensor): Tensor =>
  apply(scatterAddRowsOp, [x, indices, updates], {})[0];

const gatherElementsOp: Op<{ axis: number }> = {
  name: "gatherElements",
  infer([x, indices], { axis }) {
    if (!isIndex(indices)) throw shapeError("gatherElements", "indices are not integers", [indices]);
    const fits =
      x.shape.length === indices.shape.length &&
      x.shape.every((d, i) => i === axis || dimEquals(d, indices.shape[i]));
    if (!fits) throw shapeError("gatherElements", "shapes differ beyond the axis", [x, indices]);
    return [{ dtype: x.dtype, shape: indices.shape }];
  },
  lower: (to, inputs, { attrs: { axis } }) => [
    to.emit("GatherElements", inputs, { axis: onnx.int(axis) }),
  ],
  grad: ({ inputs: [x, indices], attrs: { axis } }, [g]) => [
    scatterAdd(zerosLike(x), indices, g!, axis),
  ],
};

/** One element per index: out[..., i, ...] = x[..., indices[..., i, ...], ...] along `axis`. */
export const gatherElements = (x: Tensor, indices: Tensor, axis: number): Tensor =>
  apply(gatherElementsOp, [x, indices], { axis: axisOf("gatherElements", axis, x) })[0];

const scatterAddOp: Op<{ axis: number }> = {
  name: "scatterAdd",
  infer: ([x]) => [{ dtype: x.dtype, shape: x.shape }],
  lower: (to, inputs, { attrs: { axis } }) => [
    to.emit("ScatterElements", inputs, { axis: onnx.int(axis), reduction: onnx.string("add") }),
  ],
  grad: ({ inputs: [, indices], attrs: { axis } }, [g]) => [
    g,
    undefined,
    gatherElements(g!, indices, axis),
  ],
};

/** x with updates added at one index each along `axis` (transpose of `gatherElements`). */
export const scatterAdd = (x: Tensor, indices: Tensor, updates: Tensor, axis: number): Tensor =>
  apply(scatterAddOp, [x, indices, updates], { axis: axisOf("scatterAdd", axis, x) })[0];

/** Rows of a matrix as one flat list: [..., n] -> [product, n]. */
export const flattenRows = (x: Tensor): Tensor => reshape(x, [-1, x.shape[x.shape.length - 1]]);
