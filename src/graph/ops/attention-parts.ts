/** What the lowerings and decompositions of attention share. */

import type { DType } from "../dtype.ts";
import { onnx } from "../onnx/contract.ts";
import { type Dim, dimMul, dimSub } from "../shape.ts";
import { apply, type Op, shapeError, type Tensor } from "../tensor.ts";
import {
  add,
  div,
  exp,
  greater,
  lessEqual,
  logicalAnd,
  maximum,
  mul,
  sub,
  tanh,
  where,
} from "./elementwise.ts";
import { dimSize, iota, scalar } from "./leaf.ts";
import { matmul } from "./matmul.ts";
import { max, sum } from "./reduce.ts";
import { expandDims, reshape, transpose } from "./reshape.ts";
import { softmax } from "./softmax.ts";

export interface AttendOptions {
  readonly causal: boolean;
  readonly scale: number;
  readonly window: number;
  readonly softCap: number;
  readonly bias?: Tensor;
  readonly sinks?: Tensor;
}

/**
 * What queries [batch, seq, heads, width] give each key [batch, kvHeads, keys, width]: softmax of
 * the scores. The heads of one group are folded into the rows, so keys are never repeated.
 *
 * @param place position of each query, i64 [batch or 1, seq]
 * @returns [batch, heads, seq, keys]
 */
export function attentionWeights(q: Tensor, key: Tensor, o: AttendOptions, place: Tensor): Tensor {
  const [batch, seq, heads, width] = q.shape;
  const kvHeads = key.shape[1] as number;
  const keys = key.shape[2];
  // Scaling q and adding the mask touch less memory than the scores do, forward and backward.
  const groups = (heads as number) / kvHeads; // whole, by `infer` of attention
  const scaled = transpose(mul(q, o.scale), [0, 2, 1, 3]);
  const rows = reshape(scaled, [batch, kvHeads, dimMul(groups, seq), width]);
  let scores = reshape(matmul(rows, key, { transposeB: true }), [batch, heads, seq, keys]);
  if (o.softCap > 0) scores = mul(tanh(div(scores, o.softCap)), o.softCap);
  if (o.bias) scores = add(scores, o.bias);
  const mask = visible(place, keys, o);
  if (mask) scores = add(scores, where(expandDims(mask, 1), scalar(0, q.dtype), lowest(q.dtype)));
  return o.sinks ? sinkSoftmax(scores, o.sinks) : softmax(scores);
}

/**
 * Attention of queries [batch, seq, heads, width] to keys and values [batch, kvHeads, keys, width].
 */
export function attend(
  q: Tensor,
  key: Tensor,
  value: Tensor,
  o: AttendOptions,
  place: Tensor,
): Tensor {
  return applyWeights(attentionWeights(q, key, o, place), value);
}

/** Values [batch, kvHeads, keys, width] by weights [batch, heads, seq, keys]. */
export function applyWeights(weights: Tensor, value: Tensor): Tensor {
  const [batch, heads, seq, keys] = weights.shape;
  const groups = (heads as number) / (value.shape[1] as number); // whole, as above
  const grouped = reshape(weights, [batch, value.shape[1], dimMul(groups, seq), keys]);
  const y = matmul(grouped, value); // [batch, kvHeads, groups * seq, width]
  return transpose(reshape(y, [batch, heads, seq, value.shape[3]]), [0, 2, 1, 3]);
}

/** Positions [1, seq] of queries q that are the last of the keys k, both [batch, length, ...]. */
export function queryPlaces(q: Tensor, k: Tensor): Tensor {
  const all = iota(q.shape[1]);
  const offset = dimSub(k.shape[1], q.shape[1]);
  return expandDims(offset === 0 ? all : add(all, dimSize([offset], "i64")), 0);
}

/** Finite, so that a row without any key gives a mean instead of NaN. */
const lowest = (dtype: DType): number => (dtype === "f16" ? -65_504 : -3.4028234663852886e38);

/** bool [batch or 1, seq, keys]: which keys a query sees; undefined: all. */
function visible(place: Tensor, keys: Dim, { causal, window }: AttendOptions): Tensor | undefined {
  if (!causal && window <= 0) return undefined;
  const query = expandDims(place, 2); // [batch, seq, 1]
  const key = reshape(iota(keys), [1, 1, keys]);
  const conditions: Tensor[] = [];
  if (causal) conditions.push(lessEqual(key, query));
  if (window > 0) conditions.push(greater(key, sub(query, window)));
  return conditions.reduce(logicalAnd);
}

/** Softmax over [scores, sink] without the sink's column. */
function sinkSoftmax(scores: Tensor, sinks: Tensor): Tensor {
  const sink = reshape(sinks, [1, -1, 1, 1]);
  const axis = { axes: [-1], keepDims: true };
  const top = maximum(max(scores, axis), sink);
  const e = exp(sub(scores, top));
  return div(e, add(sum(e, axis), exp(sub(sink, top))));
}

const cacheWriteOp: Op<Record<never, never>> = {
  name: "cacheWrite",
  infer([cache, update, past]) {
    if (past.dtype !== "i32") throw shapeError("attention", "past is not i32", [past]);
    if (cache.shape.length !== 4 || update.shape.length !== 4) {
      throw shapeError("attention", "cache and update need four axes", [cache, update]);
    }
    return [cache];
  },
  lower: (to, [cache, update, past]) => [
    to.emit("TensorScatter", [cache, update, to.emit("Cast", [past], { to: onnx.int(7) })], {
      axis: onnx.int(-2),
    }),
  ],
};

/** cache with `update` [batch, heads, seq, width] written from row `past[b]` on. */
export const cacheWrite = (cache: Tensor, update: Tensor, past: Tensor): Tensor =>
  apply(cacheWriteOp, [cache, update, past], {})[0];
