/** Reading and writing by index. Negative indices count from the end, as in ONNX. */

import type { DType } from "../dtype.ts";
import { dtypes } from "../dtype.ts";
import { onnx } from "../onnx/contract.ts";
import { type Dim, dimEquals, type Shape, shapeEquals, shapeSize } from "../shape.ts";
import { apply, type Op, shapeError, type Tensor } from "../tensor.ts";
import { axisOf } from "./axes.ts";
import { cast, equal } from "./elementwise.ts";
import { emitCast } from "./kernel.ts";
import { iota, zerosLike } from "./leaf.ts";
import { expandDims, reshape, transpose } from "./reshape.ts";
import { emitScatterRows } from "./scatter-rows.ts";

const isIndex = (x: Tensor): boolean => x.dtype === "i64" || x.dtype === "i32";

const gatherOp: Op<{ axis: number }> = {
  name: "gather",
  infer([x, indices], { axis }) {
    if (!isIndex(indices)) throw shapeError("gather", "indices are not i64 or i32", [x, indices]);
    return [
      {
        dtype: x.dtype,
        shape: [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)],
      },
    ];
  },
  lower: (to, inputs, { attrs: { axis } }) => [to.emit("Gather", inputs, { axis: onnx.int(axis) })],
  grad({ inputs: [x, indices], attrs: { axis } }, [g]) {
    if (axis === 0) return [scatterAddRows(zerosLike(x), indices, g!)];
    // Rows are slices along the axis, so it goes first: [before, ...indices, after] -> indices.
    const rank = x.shape.length;
    const added = indices.shape.length;
    const range = (n: number, from: number) => Array.from({ length: n }, (_, i) => from + i);
    const updates = transpose(g!, [
      ...range(added, axis),
      ...range(axis, 0),
      ...range(rank - axis - 1, axis + added),
    ]);
    const order = [axis, ...range(axis, 0), ...range(rank - axis - 1, axis + 1)];
    const rows = scatterAddRows(zerosLike(transpose(x, order)), indices, updates);
    return [
      transpose(
        rows,
        order.map((_, i) => order.indexOf(i)),
      ),
    ];
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

/** Same rank, and same sizes beyond the axis. */
const fitsBeyond = (axis: number, a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((d, i) => i === axis || dimEquals(d, b[i]));

const gatherElementsOp: Op<{ axis: number }> = {
  name: "gatherElements",
  infer([x, indices], { axis }) {
    if (!isIndex(indices)) {
      throw shapeError("gatherElements", "indices are not i64 or i32", [x, indices]);
    }
    if (!fitsBeyond(axis, x.shape, indices.shape)) {
      throw shapeError("gatherElements", "shapes differ beyond the axis", [x, indices]);
    }
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
  infer([x, indices, updates], { axis }) {
    const all = [x, indices, updates];
    if (!isIndex(indices)) throw shapeError("scatterAdd", "indices are not i64 or i32", all);
    if (x.dtype !== updates.dtype) throw shapeError("scatterAdd", "dtypes differ", all);
    if (!shapeEquals(indices.shape, updates.shape)) {
      throw shapeError("scatterAdd", "indices and updates differ in shape", all);
    }
    if (!fitsBeyond(axis, x.shape, indices.shape)) {
      throw shapeError("scatterAdd", "shapes differ beyond the axis", all);
    }
    return [{ dtype: x.dtype, shape: x.shape }];
  },
  lower(to, [x, indices, updates], { inputs: [{ dtype }], attrs: { axis } }) {
    // The kernel works through the updates in order on one thread: the same bits in every run.
    const attributes = { axis: onnx.int(axis), reduction: onnx.string("add") };
    const wide = ({ f16: "f32", bf16: "f32" } as Partial<Record<DType, DType>>)[dtype];
    if (!wide) return [to.emit("ScatterElements", [x, indices, updates], attributes)];
    const operands = [emitCast(to, x, wide), indices, emitCast(to, updates, wide)];
    return [emitCast(to, to.emit("ScatterElements", operands, attributes), dtype)];
  },
  grad: ({ inputs: [, indices], attrs: { axis } }, [g]) => [
    g,
    undefined,
    gatherElements(g!, indices, axis),
  ],
};

/**
 * x with updates added at one index each along `axis` (transpose of `gatherElements`); indices
 * may repeat.
 *
 * @param x [..., n, ...]
 * @param indices integers [..., m, ...]
 * @param updates as indices
 */
export const scatterAdd = (x: Tensor, indices: Tensor, updates: Tensor, axis: number): Tensor =>
  apply(scatterAddOp, [x, indices, updates], { axis: axisOf("scatterAdd", axis, x) })[0];

/** Canonical form: x [n, width], i64 indices [m], updates [m, width]. */
const scatterAddRowsOp: Op<Record<never, never>> = {
  name: "scatterAddRows",
  infer: ([x]) => [{ dtype: x.dtype, shape: x.shape }],
  lower(to, [x, indices, updates], { inputs: [{ dtype, shape }, { shape: at }] }) {
    if (shape[1] !== 1 && (dtype === "f32" || dtype === "f64")) {
      return [emitScatterRows(to, x, indices, updates, { dtype, count: at[0], shape })];
    }
    const column = to.emit("Unsqueeze", [indices, to.constant("i64", [1], [1])]);
    const wide = to.emit("Expand", [column, to.shape([at[0], shape[1]])]);
    const attributes = { axis: onnx.int(0), reduction: onnx.string("add") };
    const add = (table: string, rows: string) =>
      to.emit("ScatterElements", [table, wide, rows], attributes);
    if (dtype !== "f16" && dtype !== "bf16") return [add(x, updates)];
    const sum = add(emitCast(to, x, "f32"), emitCast(to, updates, "f32"));
    return [emitCast(to, sum, dtype)];
  },
  grad: ({ inputs: [, indices] }, [g]) => [g, undefined, gather(g!, indices)],
};

/**
 * x with `updates` added to the rows named by `indices`; rows may repeat. Runs are repeatable to
 * the bit. An infinite or NaN update may make NaN of rows with close indices too.
 *
 * @param x [n, ...rest]
 * @param indices integers [...batch]
 * @param updates [...batch, ...rest]
 */
export function scatterAddRows(x: Tensor, indices: Tensor, updates: Tensor): Tensor {
  const all = [x, indices, updates];
  if (x.shape.length === 0) throw shapeError("scatterAddRows", "x has no rows", all);
  if (!isIndex(indices)) {
    throw shapeError("scatterAddRows", "indices are not i64 or i32", all);
  }
  if (x.dtype !== updates.dtype) throw shapeError("scatterAddRows", "dtypes differ", all);
  if (!shapeEquals(updates.shape, [...indices.shape, ...x.shape.slice(1)])) {
    throw shapeError("scatterAddRows", "updates do not fit", all);
  }
  const [count, width] = [shapeSize(indices.shape), shapeSize(x.shape.slice(1))];
  const flat = [
    reshape(x, [x.shape[0], width]),
    reshape(cast(indices, "i64"), [count]),
    reshape(updates, [count, width]),
  ];
  return reshape(apply(scatterAddRowsOp, flat, {})[0], x.shape);
}

/**
 * 1 at each index along a new last axis, 0 elsewhere; all 0 where the index is out of range.
 *
 * @param indices integers of any shape
 * @returns [...indices.shape, depth]
 */
export function oneHot(indices: Tensor, depth: Dim, dtype: DType = "f32"): Tensor {
  const classes = iota(depth, "i64");
  if (dtypes[indices.dtype].kind !== "int" && dtypes[indices.dtype].kind !== "uint") {
    throw shapeError("oneHot", "indices are not integers", [indices]);
  }
  return cast(equal(expandDims(cast(indices, "i64"), -1), classes), dtype);
}

/** Rows of a matrix as one flat list: [..., n] -> [product, n]. */
export const flattenRows = (x: Tensor): Tensor => reshape(x, [-1, x.shape[x.shape.length - 1]]);
