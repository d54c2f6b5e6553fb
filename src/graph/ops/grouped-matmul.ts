/** Matrix products of groups of rows, each group with a matrix of its own (mixture of experts). */

import { type Lowering, MICROSOFT, onnx } from "../onnx/contract.ts";
import { dimEquals, shapeEquals } from "../shape.ts";
import { apply, type Op, shapeError, type Tensor } from "../tensor.ts";

/** ONNX has no grouped product: one per group, between a Split and a Concat. */
function eachGroup(
  to: Lowering,
  groups: number,
  parts: readonly (readonly string[])[],
  axis: number,
  flags: { transA: number; transB: number },
): string {
  const attributes = { transA: onnx.int(flags.transA), transB: onnx.int(flags.transB) };
  const products = Array.from({ length: groups }, (_, i) =>
    to.emit("FusedMatMul", [parts[0][i], parts[1][i]], attributes, MICROSOFT),
  );
  return groups === 1 ? products[0] : to.emit("Concat", products, { axis: onnx.int(axis) });
}

/** The rows of each group, [1, rows, width]: products then agree in rank with the matrices. */
function splitRows(to: Lowering, x: string, counts: string, groups: number): string[] {
  const lifted = to.emit("Unsqueeze", [x, to.constant("i64", [1], [0])]);
  return to.emitMany("Split", [lifted, counts], { axis: onnx.int(1) }, groups);
}

const FLOATS = ["f32", "f64"];

function checkRows(op: string, inputs: readonly Tensor[], counts: Tensor): number {
  const groups = counts.shape[0];
  if (counts.dtype !== "i64" || counts.shape.length !== 1 || typeof groups !== "number") {
    throw shapeError(op, "counts are not i64 [groups]", [counts]);
  }
  if (inputs.some((t) => !FLOATS.includes(t.dtype) || t.dtype !== inputs[0].dtype)) {
    throw shapeError(op, "operands are not both f32 or both f64", inputs);
  }
  return groups;
}

interface GroupedAttrs {
  readonly transpose: boolean;
}

const groupedMatmulOp: Op<GroupedAttrs> = {
  name: "groupedMatmul",
  infer([x, weights, counts], { transpose }) {
    const groups = checkRows("groupedMatmul", [x, weights], counts);
    const [own, first, second] = weights.shape;
    const [inner, outer] = transpose ? [second, first] : [first, second];
    const fits =
      x.shape.length === 2 &&
      weights.shape.length === 3 &&
      own === groups &&
      dimEquals(x.shape[1], inner);
    if (!fits) throw shapeError("groupedMatmul", "rows and matrices do not fit", [x, weights]);
    return [{ dtype: x.dtype, shape: [x.shape[0], outer] }];
  },
  lower(to, [x, weights, counts], { inputs: [, tensor], attrs: { transpose } }) {
    const groups = tensor.shape[0] as number;
    const axis = { axis: onnx.int(0), num_outputs: onnx.int(groups) };
    const matrices = to.emitMany("Split", [weights], axis, groups);
    const rows = splitRows(to, x, counts, groups);
    const flags = { transA: 0, transB: transpose ? 1 : 0 };
    const product = eachGroup(to, groups, [rows, matrices], 1, flags);
    return [to.emit("Squeeze", [product, to.constant("i64", [1], [0])])];
  },
  grad: ({ inputs: [x, weights, counts], attrs: { transpose } }, [g]) => [
    groupedMatmul(g!, weights, counts, !transpose),
    transpose ? groupedOuter(g!, x, counts) : groupedOuter(x, g!, counts),
    undefined,
  ],
};

/**
 * Rows of group e times matrix e; groups are consecutive rows.
 *
 * @param x [rows, inner]
 * @param weights [groups, inner, outer], or [groups, outer, inner] with `transpose`
 * @param counts i64 [groups], rows of each group; they add up to all rows
 * @returns [rows, outer]
 */
export const groupedMatmul = (
  x: Tensor,
  weights: Tensor,
  counts: Tensor,
  transpose = false,
): Tensor => apply(groupedMatmulOp, [x, weights, counts], { transpose })[0];

const groupedOuterOp: Op<Record<never, never>> = {
  name: "groupedOuter",
  infer([a, b, counts]) {
    const groups = checkRows("groupedOuter", [a, b], counts);
    if (a.shape.length !== 2 || b.shape.length !== 2 || !shapeEquals([a.shape[0]], [b.shape[0]])) {
      throw shapeError("groupedOuter", "rows do not fit", [a, b]);
    }
    return [{ dtype: a.dtype, shape: [groups, a.shape[1], b.shape[1]] }];
  },
  lower(to, [a, b, counts], { inputs: [, , tensor] }) {
    const groups = tensor.shape[0] as number;
    const parts = [a, b].map((x) => splitRows(to, x, counts, groups));
    return [eachGroup(to, groups, parts, 0, { transA: 1, transB: 0 })];
  },
  grad: ({ inputs: [a, b, counts] }, [g]) => [
    groupedMatmul(b, g!, counts, true),
    groupedMatmul(a, g!, counts),
    undefined,
  ],
};

/** aᵀ b of each group of rows: a [rows, m], b [rows, n] -> [groups, m, n]. */
const groupedOuter = (a: Tensor, b: Tensor, counts: Tensor): Tensor =>
  apply(groupedOuterOp, [a, b, counts], {})[0];
