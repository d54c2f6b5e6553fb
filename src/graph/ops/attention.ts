/** Scaled dot-product attention with grouped heads, masks and a cache updated in place. */

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
import { attend, cacheWrite } from "./attention-parts.ts";
import { add, cast } from "./elementwise.ts";
import { dimSize, iota } from "./leaf.ts";
import { quantizedAttention } from "./quantized-attention.ts";
import { expandDims, transpose } from "./reshape.ts";

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
   * `past` (i32 [batch]) are valid. The new ones are written behind them. With `scales`, keys and
   * values are i8, and 1 of a channel stands for its scale (f32 [kvHeads, headDim], above 0).
   */
  readonly cache?: {
    readonly key: Tensor;
    readonly value: Tensor;
    readonly past: Tensor;
    readonly scales?: { readonly key: Tensor; readonly value: Tensor };
  };
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
    const flat = to.joinHeads(names.shift()!, heads * width);
    // Over a cache, a factor of 1 takes the kernel's faster product for single rows: a step after
    // 4,096 tokens (16 heads of 128) takes 3.6 ms instead of 4.5.
    const scale = attrs.has.cache ? 1 : attrs.scale;
    const query = attrs.has.cache
      ? to.emit("Mul", [flat, to.constant("f32", [], [attrs.scale])])
      : flat;
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
        scale: onnx.float(scale),
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
  if (cache?.scales) {
    if (!causal || softCap > 0 || bias || sinks) {
      throw shapeError(
        "attention",
        "an 8-bit cache takes no bias, sinks or softCap, and is causal",
        [q, cache.key],
      );
    }
    const { key, value, past, scales } = cache;
    const quantized = { key, value, past, keyScale: scales.key, valueScale: scales.value };
    const [output, presentKey, presentValue] = quantizedAttention(q, k, v, quantized, {
      scale,
      window,
    });
    return { output, presentKey, presentValue };
  }
  const inputs = [q, k, v];
  if (bias) inputs.push(bias);
  if (sinks) inputs.push(sinks);
  if (cache) inputs.push(cache.key, cache.value, cache.past);
  const has = { bias: !!bias, sinks: !!sinks, cache: !!cache };
  const outputs = apply(attentionOp, inputs, { causal, scale, window, softCap, has });
  return { output: outputs[0], presentKey: outputs[1], presentValue: outputs[2] };
}
