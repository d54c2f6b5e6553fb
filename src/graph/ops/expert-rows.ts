/** Rows of tokens on their way to experts and back: sorted by expert, some of them left out. */

import { onnx } from "../onnx/contract.ts";
import type { Dim } from "../shape.ts";
import { apply, type Op, type Tensor } from "../tensor.ts";
import { cast, equal, where } from "./elementwise.ts";
import { iota } from "./leaf.ts";
import { sum } from "./reduce.ts";
import { expandDims, reshape } from "./reshape.ts";
import { sort } from "./sort.ts";

/** Which experts each token goes through. */
export interface Choice {
  /** i64 [tokens, k] */
  readonly chosen: Tensor;
  /** Pairs that are computed, where not all are. */
  readonly kept?: {
    /** bool [tokens, k] */
    readonly mask: Tensor;
    /** Name of their number, which only a run knows: unique in its graph. */
    readonly count: Dim;
  };
}

export interface ExpertRows {
  /** One row a kept pair of token and choice, in the order of experts. */
  readonly rows: Tensor;
  /** i64 [experts], rows of each. */
  readonly counts: Tensor;
  /** What became of the rows, by token: [rows, width] -> [tokens, k, width], 0 where left out. */
  readonly back: (results: Tensor) => Tensor;
}

/**
 * Sorts copies of tokens into one block of rows an expert.
 *
 * @param x [tokens, width]
 */
export function rowsByExpert(x: Tensor, { chosen, kept }: Choice, experts: number): ExpertRows {
  const k = chosen.shape[1] as number; // what topK was given
  const flat = reshape(kept ? where(kept.mask, chosen, experts) : chosen, [-1]); // left out: last
  const order = sort(flat).indices;
  const inverse = sort(order).indices;
  const counts = sum(cast(equal(expandDims(flat, 0), expandDims(iota(experts), 1)), "i64"), {
    axes: [1],
  });
  const all = dispatch(x, order, inverse, k);
  const byToken = (results: Tensor): Tensor =>
    reshape(permuteRows(results, inverse, order), [-1, k, results.shape[1]]);
  if (!kept) return { rows: all, counts, back: byToken };
  const count = sum(counts, { keepDims: true });
  return {
    rows: headRows(all, count, kept.count),
    counts,
    back: (results) => byToken(padRows(results, order, count)),
  };
}

const permuteRowsOp: Op<Record<never, never>> = {
  name: "permuteRows",
  infer: ([x]) => [x],
  lower: (to, [x, order]) => [to.emit("Gather", [x, order])],
  grad: ({ inputs: [, order, inverse] }, [g]) => [permuteRows(g!, inverse, order)],
};

/** Rows in another order: row i of the result is row order[i]. Differentiates without scatter. */
const permuteRows = (x: Tensor, order: Tensor, inverse: Tensor): Tensor =>
  apply(permuteRowsOp, [x, order, inverse], {})[0];

const dispatchOp: Op<{ copies: number }> = {
  name: "dispatch",
  infer: ([x, order]) => [{ dtype: x.dtype, shape: [order.shape[0], x.shape[1]] }],
  lower: (to, [x, order], { attrs: { copies } }) => [
    to.emit("Gather", [x, to.emit("Div", [order, to.constant("i64", [], [copies])])]),
  ],
  grad: ({ inputs: [x, order, inverse], attrs: { copies } }, [g]) => {
    const back = permuteRows(g!, inverse, order);
    return [sum(reshape(back, [-1, copies, x.shape[1]]), { axes: [1] })];
  },
};

/** `copies` of each row of x [n, width], in the given order of all [n · copies] of them. */
const dispatch = (x: Tensor, order: Tensor, inverse: Tensor, copies: number): Tensor =>
  apply(dispatchOp, [x, order, inverse], { copies })[0];

const headRowsOp: Op<{ rows: Dim }> = {
  name: "headRows",
  infer: ([x], { rows }) => [{ dtype: x.dtype, shape: [rows, x.shape[1]] }],
  lower: (to, [x, count]) => [to.emit("Slice", [x, to.constant("i64", [1], [0]), count])],
  grad: ({ inputs: [x, count] }, [g]) => [padRows(g!, x, count)],
};

/** The first `count` rows (i64 [1]) of x [n, width]: [rows, width]. */
const headRows = (x: Tensor, count: Tensor, rows: Dim): Tensor =>
  apply(headRowsOp, [x, count], { rows })[0];

const padRowsOp: Op<Record<never, never>> = {
  name: "padRows",
  infer: ([x, like]) => [{ dtype: x.dtype, shape: [like.shape[0], x.shape[1]] }],
  lower: (to, [x, like, count]) => {
    const first = { start: onnx.int(0), end: onnx.int(1) };
    const missing = to.emit("Sub", [to.emit("Shape", [like], first), count]);
    const zero = (n: number) => to.constant("i64", [n], new Array<number>(n).fill(0));
    const pads = to.emit("Concat", [zero(2), missing, zero(1)], { axis: onnx.int(0) });
    return [to.emit("Pad", [x, pads])];
  },
  grad: ({ inputs: [x, , count] }, [g]) => [headRows(g!, count, x.shape[0])],
};

/** x [rows, width] with rows of zeros below, as many rows in all as `like` has. */
const padRows = (x: Tensor, like: Tensor, count: Tensor): Tensor =>
  apply(padRowsOp, [x, like, count], {})[0];
