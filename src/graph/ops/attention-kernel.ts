/** Attention by the engine's GroupQueryAttention. */

import { type Lowering, MICROSOFT, onnx } from "../onnx/contract.ts";
import { dimEquals, type Shape } from "../shape.ts";
import type { Node, Tensor } from "../tensor.ts";

export interface AttentionAttrs {
  readonly causal: boolean;
  readonly scale: number;
  readonly window: number;
  readonly softCap: number;
  /** Which optional inputs follow q, k, v, in this order. */
  readonly has: { readonly bias: boolean; readonly sinks: boolean; readonly cache: boolean };
}

/** Optional inputs by name. */
export function attentionParts(inputs: readonly Tensor[], { has }: AttentionAttrs) {
  const [q, k, v, ...rest] = inputs;
  const bias = has.bias ? rest.shift() : undefined;
  const sinks = has.sinks ? rest.shift() : undefined;
  const [cacheKey, cacheValue, past] = rest;
  return { q, k, v, bias, sinks, cacheKey, cacheValue, past };
}

/** The kernel's name for the scores that its fourth output gives. */
const AFTER_SOFTMAX = 2;

/**
 * Emits the kernel; undefined where it does not apply.
 *
 * @param keepsWeights without a cache: a second output, what queries give keys
 *   [batch, heads, seq, keys], exactly 0 where the mask hides them
 */
export function emitAttention(
  to: Lowering,
  inputs: readonly string[],
  { inputs: tensors, attrs }: Pick<Node<AttentionAttrs>, "inputs" | "attrs">,
  keepsWeights = false,
): string[] | undefined {
  const { q, k, v, bias: mask } = attentionParts(tensors, attrs);
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
      ...(keepsWeights && { qk_output: onnx.int(AFTER_SOFTMAX) }),
    },
    keepsWeights ? [true, false, false, true] : attrs.has.cache ? 3 : 1,
    MICROSOFT,
  );
  const rest = outputs.slice(keepsWeights ? 3 : 1);
  return [to.splitHeads(outputs[0], heads, width), ...rest];
}

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
  // Every layer needs them.
  if (past === undefined) {
    const rows = to.dim(shape[0]);
    return {
      last: to.shared(`${seq} - 1 for ${rows}`, () =>
        to.emit("Expand", [to.emit("Sub", [seq, one]), rows]),
      ),
      total: to.shared(`${seq} as scalar`, () => to.emit("Squeeze", [seq, first])),
    };
  }
  const key = `${past} + ${seq}`;
  const total = to.shared(key, () => to.emit("Add", [past, seq]));
  return {
    last: to.shared(`${key} - 1`, () => to.emit("Sub", [total, one])),
    total: to.shared(`max ${key}`, () => to.emit("ReduceMax", [total], { keepdims: onnx.int(0) })),
  };
}
