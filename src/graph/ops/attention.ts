/** Scaled dot-product attention with grouped heads, masks and a cache updated in place. */

import { broadcastShapes, dimEquals, formatShape, shapeEquals } from "../shape.ts";
import { apply, type Op, shapeError, type Tensor } from "../tensor.ts";
import { type AttentionAttrs, attentionParts, emitAttention } from "./attention-kernel.ts";
import { attend, cacheWrite, queryPlaces } from "./attention-parts.ts";
import { add, cast } from "./elementwise.ts";
import { iota } from "./leaf.ts";
import { quantizedAttention } from "./quantized-attention.ts";
import { expandDims, transpose } from "./reshape.ts";
import { canKeepWeights, weightedAttention } from "./weighted-attention.ts";

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

const attentionOp: Op<AttentionAttrs> = {
  name: "attention",
  infer(inputs, attrs) {
    const { q, k, v, bias, cacheKey, cacheValue } = attentionParts(inputs, attrs);
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
  lower: (to, inputs, node) => emitAttention(to, inputs, node),
  expand(inputs, attrs) {
    const { q, k, v, bias, sinks, cacheKey, cacheValue, past } = attentionParts(inputs, attrs);
    if (canKeepWeights(attrs)) return [weightedAttention(inputs, attrs)];
    const bhsd = [0, 2, 1, 3];
    const [key, value] = [transpose(k, bhsd), transpose(v, bhsd)];
    const options = { ...attrs, bias, sinks };
    if (!attrs.has.cache) return [attend(q, key, value, options, queryPlaces(q, k))];
    const presentKey = cacheWrite(cacheKey, key, past);
    const presentValue = cacheWrite(cacheValue, value, past);
    // [batch, seq]: position of each query.
    const place = add(expandDims(cast(past, "i64"), 1), expandDims(iota(q.shape[1]), 0));
    return [attend(q, presentKey, presentValue, options, place), presentKey, presentValue];
  },
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
