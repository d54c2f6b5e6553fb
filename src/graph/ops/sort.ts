/** The largest or smallest elements along an axis, in order. */

import type { DType } from "../dtype.ts";
import { onnx } from "../onnx/contract.ts";
import type { Dim } from "../shape.ts";
import { apply, type Op, shapeError, type Tensor } from "../tensor.ts";
import { axisOf } from "./axes.ts";
import { checkDomain } from "./elementwise.ts";
import { scatterAdd } from "./gather.ts";
import { emitCast } from "./kernel.ts";
import { zerosLike } from "./leaf.ts";

interface TopKAttrs {
  readonly k: Dim;
  readonly axis: number;
  readonly largest: boolean;
}

/** dtypes without a TopK kernel, and what stands in. */
const TOPK_AS: Readonly<Partial<Record<DType, DType>>> = {
  bf16: "f32",
  u16: "i32",
  u32: "i64",
};

/** Outputs: values, i64 indices. */
const topKOp: Op<TopKAttrs> = {
  name: "topK",
  infer([x], { k, axis }) {
    checkDomain("topK", "number", [x]);
    const size = x.shape[axis];
    const bad = typeof k === "number" && (k < 0 || (typeof size === "number" && k > size));
    if (bad) throw shapeError("topK", `k = ${k} is not within axis ${axis}`, [x]);
    const shape = x.shape.map((d, i) => (i === axis ? k : d));
    return [
      { dtype: x.dtype, shape },
      { dtype: "i64", shape },
    ];
  },
  lower(to, [x], { inputs: [{ dtype }], attrs: { k, axis, largest } }) {
    const wide = TOPK_AS[dtype];
    const [values, indices] = to.emitMany(
      "TopK",
      [wide ? emitCast(to, x, wide) : x, to.dim(k)],
      { axis: onnx.int(axis), largest: onnx.int(largest ? 1 : 0), sorted: onnx.int(1) },
      2,
    );
    return [wide ? emitCast(to, values, dtype) : values, indices];
  },
  grad: ({ inputs: [x], outputs: [, indices], attrs: { axis } }, [g]) => [
    g && scatterAdd(zerosLike(x), indices, g, axis),
  ],
};

export interface TopKOptions {
  /** Default -1, the last. */
  readonly axis?: number;
  /** The largest elements, descending (default), or the smallest, ascending. */
  readonly largest?: boolean;
}

export interface Ranked {
  readonly values: Tensor;
  /** i64: where the values were; the lower index first among equal values. */
  readonly indices: Tensor;
}

/**
 * The k largest (or smallest) elements along an axis, in order.
 *
 * @param x [..., n, ...]
 * @param k at most n
 * @returns values and indices [..., k, ...]; the gradient flows to the chosen elements
 */
export function topK(x: Tensor, k: Dim, { axis = -1, largest = true }: TopKOptions = {}): Ranked {
  const [values, indices] = apply(topKOp, [x], { k, axis: axisOf("topK", axis, x), largest });
  return { values, indices };
}

export interface SortOptions {
  /** Default -1, the last. */
  readonly axis?: number;
  /** Largest first (default false). */
  readonly descending?: boolean;
}

/** All elements along an axis in order, and where they were. */
export function sort(x: Tensor, { axis = -1, descending = false }: SortOptions = {}): Ranked {
  const at = axisOf("sort", axis, x);
  return topK(x, x.shape[at], { axis: at, largest: descending });
}
