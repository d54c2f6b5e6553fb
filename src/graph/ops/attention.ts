/** Scaled dot-product attention with grouped heads, masks and a cache updated in place. */

import type { DType } from "../dtype.ts";
import { type Lowering, MICROSOFT, onnx } from "../onnx/contract.ts";
import {
  broadcastShapes,
  type Dim,
  dimEquals,
  dimSub,
  formatShape,
  type Shape,
  shapeEquals,
} from "../shape.ts";
import { apply, type Op, shapeError, type Tensor } from "../tensor.ts";
import {
  add,
  cast,
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

export interface AttentionOptions {
  /** Query i sees keys up to its own position (default true). */
  readonly causal?: boolean;
  /** Multiplies the scores (default 1/sqrt(headDim)). */
  readonly scale?: number;
  /** Query sees itself and the `window - 1` keys before it. */
  readonly window?: number;
  /** Scores become softCap · tanh(score / softCap). */
  readonly softCap?: number;
  /**
   * Added to the scores: float [batch or 1, heads or 1, seq, keys]; -Infinity masks. With a cache,
   * `keys` is its capacity.
   */
  readonly bias?: Tensor;
  /** One logit a head that joins the softmax and attends to nothing: [heads]. */
  readonly sinks?: Tensor;
  /**
   * Keys and values of earlier tokens, [batch, kvHeads, capacity, headDim], of which the first
   * `past` (i32 [batch]) are valid. The new ones are written behind them.
   */
  readonly cache?: { readonly key: Tensor; readonly value: Tensor; readonly past: Tensor };
}

interface AttentionAttrs {
  readonly causal: boolean;
  readonly scale: number;
  readonly window: number;
  readonly softCap: number;
  /** Which optional inputs follow q, k, v, in this order. */
  readonly has: { readonly bias: boolean; readonly sinks: boolean; readonly cache: boolean };
}

/** Optional inputs by name. */
function parts(inputs: readonly Tensor[], { has }: AttentionAttrs) {
  const [q, k, v, ...rest] = inputs;
  const bias = has.bias ? rest.shift() : undefined;
  const sinks = has.sinks ? rest.shift() : undefined;
  const [cacheKey, cacheValue, past] = rest;
  return { q, k, v, bias, sinks, cacheKey, cacheValue, past };
}

const attentionOp: Op<AttentionAttrs> = {
  name: "attention",
  infer(inputs, attrs) {
    const { q, k, v, bias, cacheKey, cacheValue } = parts(inputs, attrs);
    const [batch, seq, heads, width] = q.shape;
    const kvHeads = k.shape[2];
    const fits =
      [q, k, v].every((x) => x.shape.length === 4 && dimEquals(x.shape[0], batch)) &&
      typeof heads === "number" &&
      typeof kvHeads === "number" &&
      heads % kvHeads === 0 &&
      dimEquals(k.shape[3], width) &&
      dimEquals(v.shape[2], kvHeads) &&
      dimEquals(k.shape[1], v.shape[1]);
    if (!fits) throw shapeError("attention", "q, k and v do not fit", [q, k, v]);
    const keys = attrs.has.cache ? cacheKey.shape[2] : k.shape[1];
    const scores = [batch, heads, seq, keys];
    const spread = bias && broadcastShapes(bias.shape, scores);
    if (bias && !(spread && bias.shape.length === 4 && shapeEquals(spread, scores))) {
      throw shapeError("attention", `bias does not fit scores ${formatShape(scores)}`, [
        q,
        k,
        bias,
      ]);
    }
    const y = { dtype: q.dtype, shape: [batch, seq, heads, v.shape[3]] };
    return attrs.has.cache ? [y, cacheKey, cacheValue] : [y];
  },
  lower(to, inputs, { inputs: tensors, attrs }) {
    const { q, k, v, bias: mask } = parts(tensors, attrs);
    const [heads, kvHeads] = [q.shape[2] as number, k.shape[2] as number];
    // The kernel wants f32, equal key and value widths of a multiple of 8, whole score rows.
    const width = q.shape[3] as number;
    if (q.dtype !== "f32" || width !== v.shape[3] || width % 8 !== 0) return undefined;
    if (!attrs.has.cache && !dimEquals(q.shape[1], k.shape[1])) return undefined;
    if (mask && !attrs.causal) return undefined;
    const names = [...inputs];
    const query = to.joinHeads(names.shift()!, heads * width);
    const [key, value] = names.splice(0, 2).map((x) => to.joinHeads(x, kvHeads * width));
    const biasName = attrs.has.bias ? names.shift()! : "";
    const sinkName = attrs.has.sinks ? names.shift()! : "";
    const { last, total } = sequenceLengths(to, names[2], q.shape);
    const bias = biasName && attrs.has.cache ? biasUpTo(to, biasName, total) : biasName;
    const outputs = to.emitMany(
      "GroupQueryAttention",
      [
        ...[query, key, value, names[0] ?? "", names[1] ?? "", last, total],
        ...["", "", "", bias, sinkName],
      ],
      {
        num_heads: onnx.int(heads),
        kv_num_heads: onnx.int(kvHeads),
        scale: onnx.float(attrs.scale),
        softcap: onnx.float(attrs.softCap),
        local_window_size: onnx.int(attrs.window > 0 ? attrs.window : -1),
        causal: onnx.int(attrs.causal ? 1 : 0),
      },
      attrs.has.cache ? 3 : 1,
      MICROSOFT,
    );
    return [to.splitHeads(outputs[0], heads, width), ...outputs.slice(1)];
  },
  expand(inputs, attrs) {
    const { q, k, v, bias, sinks, cacheKey, cacheValue, past } = parts(inputs, attrs);
    const bhsd = [0, 2, 1, 3];
    const [key, value] = [transpose(k, bhsd), transpose(v, bhsd)];
    if (!attrs.has.cache) {
      const offset = dimSub(k.shape[1], q.shape[1]);
      const place = offsetPositions(q.shape[1], offset);
      return [attend(q, key, value, { ...attrs, bias, sinks }, place)];
    }
    const presentKey = cacheWrite(cacheKey, key, past);
    const presentValue = cacheWrite(cacheValue, value, past);
    // [batch, seq]: position of each query.
    const place = add(expandDims(cast(past, "i64"), 1), expandDims(iota(q.shape[1]), 0));
    const options = { ...attrs, bias, sinks };
    return [attend(q, presentKey, presentValue, options, place), presentKey, presentValue];
  },
};

/** The kernel takes scores for the keys that exist, not for the cache's whole capacity. */
function biasUpTo(to: Lowering, bias: string, total: string): string {
  const i64 = (value: number) => to.constant("i64", [1], [value]);
  const end = to.emit("Cast", [to.emit("Unsqueeze", [total, i64(0)])], { to: onnx.int(7) });
  return to.emit("Slice", [bias, i64(0), end, i64(3)]);
}

/** GroupQueryAttention's lengths: i32 [batch] of total - 1, and the largest total (i32 scalar). */
function sequenceLengths(
  to: Lowering,
  past: string | undefined,
  shape: Shape,
): { last: string; total: string } {
  const length = to.dim(shape[1]);
  const asInt = (): string => to.emit("Cast", [length], { to: onnx.int(6) });
  const seq = to.shared(`${length} as i32`, asInt); // i32 [1]
  const one = to.constant("i32", [1], [1]);
  const first = to.constant("i64", [1], [0]);
  if (past === undefined) {
    const last = to.emit("Expand", [to.emit("Sub", [seq, one]), to.dim(shape[0])]);
    return { last, total: to.emit("Squeeze", [seq, first]) };
  }
  // Every layer needs them.
  const key = `${past} + ${seq}`;
  const total = to.shared(key, () => to.emit("Add", [past, seq]));
  return {
    last: to.shared(`${key} - 1`, () => to.emit("Sub", [total, one])),
    total: to.shared(`max ${key}`, () => to.emit("ReduceMax", [total], { keepdims: onnx.int(0) })),
  };
}

/** Positions [1, seq] of queries that follow `offset` keys. */
const offsetPositions = (seq: Dim, offset: Dim): Tensor => {
  const all = iota(seq);
  return expandDims(offset === 0 ? all : add(all, dimSize([offset], "i64")), 0);
};

interface AttendOptions {
  readonly causal: boolean;
  readonly scale: number;
  readonly window: number;
  readonly softCap: number;
  readonly bias?: Tensor;
  readonly sinks?: Tensor;
}

/**
 * Attention of queries [batch, seq, heads, width] to keys and values [batch, kvHeads, keys, width].
 * The heads of one group are folded into the rows, so keys are never repeated.
 */
function attend(q: Tensor, key: Tensor, value: Tensor, o: AttendOptions, place: Tensor): Tensor {
  const [batch, seq, heads, width] = q.shape;
  const kvHeads = key.shape[1] as number;
  const groups = (heads as number) / kvHeads;
  const keys = key.shape[2];
  // Scaling q and adding the mask touch less memory than the scores do, forward and backward.
  const rows = reshape(transpose(mul(q, o.scale), [0, 2, 1, 3]), [batch, kvHeads, -1, width]);
  let scores = reshape(matmul(rows, key, { transposeB: true }), [batch, heads, seq, keys]);
  if (o.softCap > 0) scores = mul(tanh(div(scores, o.softCap)), o.softCap);
  if (o.bias) scores = add(scores, o.bias);
  const mask = visible(place, keys, o);
  if (mask) scores = add(scores, where(expandDims(mask, 1), scalar(0, q.dtype), lowest(q.dtype)));
  const weights = o.sinks ? sinkSoftmax(scores, o.sinks) : softmax(scores);
  const grouped = reshape(weights, [batch, kvHeads, -1, keys]);
  const y = matmul(grouped, value); // [batch, kvHeads, groups * seq, width]
  const split = reshape(y, [batch, kvHeads * groups, seq, value.shape[3]]);
  return transpose(split, [0, 2, 1, 3]);
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
const cacheWrite = (cache: Tensor, update: Tensor, past: Tensor): Tensor =>
  apply(cacheWriteOp, [cache, update, past], {})[0];

export interface AttentionResult {
  /** [batch, seq, heads, headDim] */
  readonly output: Tensor;
  /**
   * The cache with the new keys and values, where one was given. Rows behind them are left alone
   * where the engine updates the cache in place, and otherwise unspecified.
   */
  readonly presentKey?: Tensor;
  readonly presentValue?: Tensor;
}

/**
 * softmax(q kᵀ · scale + mask) v, per head; query head h uses key head h // (heads / kvHeads).
 *
 * @param q [batch, seq, heads, headDim]
 * @param k [batch, keys, kvHeads, headDim]; without a cache, `keys` may exceed `seq`, and queries
 *   are then the last positions
 * @param v [batch, keys, kvHeads, valueDim]
 */
export function attention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  options: AttentionOptions = {},
): AttentionResult {
  const { causal = true, window = 0, softCap = 0, bias, sinks, cache } = options;
  const scale = options.scale ?? 1 / Math.sqrt(q.shape[3] as number);
  const inputs = [q, k, v];
  if (bias) inputs.push(bias);
  if (sinks) inputs.push(sinks);
  if (cache) inputs.push(cache.key, cache.value, cache.past);
  const has = { bias: !!bias, sinks: !!sinks, cache: !!cache };
  const outputs = apply(attentionOp, inputs, { causal, scale, window, softCap, has });
  return { output: outputs[0], presentKey: outputs[1], presentValue: outputs[2] };
}
