/**
 * Attention over a cache of 8-bit keys and values. Every channel of a key head and of a value head
 * has a fixed scale, so that what the cache holds never has to be rounded again. The scales meet
 * queries, new rows and results, never the cache: scores are (q · s) kᵀ, results (w v) · s.
 */

import { type Lowering, MICROSOFT, onnx } from "../onnx/contract.ts";
import { dimEquals, shapeEquals } from "../shape.ts";
import { apply, type Op, shapeError, type Tensor } from "../tensor.ts";
import { attend, cacheWrite } from "./attention-parts.ts";
import { cond } from "./cond.ts";
import { add, cast, less, maximum, minimum, mul, reciprocal, round, sub } from "./elementwise.ts";
import { dimSize, iota } from "./leaf.ts";
import { max } from "./reduce.ts";
import { expandDims, repeat, reshape, transpose } from "./reshape.ts";

/** Keys and values of earlier tokens in 8 bits. */
export interface QuantizedCache {
  /** i8 [batch, kvHeads, capacity, headDim] */
  readonly key: Tensor;
  readonly value: Tensor;
  /** i32 [batch]: how many rows of each are valid. */
  readonly past: Tensor;
  /** f32 [kvHeads, headDim], above 0: what 1 in the cache stands for. */
  readonly keyScale: Tensor;
  readonly valueScale: Tensor;
}

interface Attrs {
  readonly window: number;
  /** Which of the two kernels runs. */
  readonly path: "direct" | "widened";
}

/**
 * New tokens from which on the cache is widened to floats for the run: the kernel that reads 8
 * bits works row by row. Measured with 16 heads of 128: 512 rows onto 3,584 take 1,060 ms one way
 * and 230 ms the other, one row 1.5 ms and 10 ms.
 */
const WIDENED_ROWS = 8;

const INPUTS = [
  ...["q", "k", "v", "cacheKey", "cacheValue", "past", "last", "total"],
  ...["queryScale", "keyFactor", "valueFactor", "resultScale"],
] as const;

/** Inputs by name. */
const named = <T>(inputs: readonly T[]) =>
  // The op is only applied to all of them in this order.
  Object.fromEntries(INPUTS.map((name, i) => [name, inputs[i]])) as Record<
    (typeof INPUTS)[number],
    T
  >;

const quantizedAttentionOp: Op<Attrs> = {
  name: "quantizedAttention",
  infer(inputs) {
    const { q, cacheKey, cacheValue } = named(inputs);
    return [{ dtype: "f32", shape: q.shape }, cacheKey, cacheValue];
  },
  lower(to, names, { inputs: tensors, attrs }) {
    const { q, k } = named(tensors);
    const [heads, kvHeads, width] = [q.shape[2], k.shape[2], q.shape[3]] as number[];
    if (width % 8 !== 0) return undefined;
    const n = named(names);
    const flat = {
      query: to.emit("Mul", [to.joinHeads(n.q, heads * width), n.queryScale]),
      key: to.emit("Mul", [to.joinHeads(n.k, kvHeads * width), n.keyFactor]),
      value: to.emit("Mul", [to.joinHeads(n.v, kvHeads * width), n.valueFactor]),
    };
    const emit = attrs.path === "direct" ? direct : widened;
    const sizes = { heads, kvHeads, width, window: attrs.window };
    const [y, key, value] = emit(to, { ...n, ...flat }, sizes);
    return [to.splitHeads(to.emit("Mul", [y, n.resultScale]), heads, width), key, value];
  },
  expand(inputs, { window }) {
    const t = named(inputs);
    const [heads, kvHeads, width] = [t.q.shape[2], t.k.shape[2], t.q.shape[3]] as number[];
    const byHead = (x: Tensor, count: number): Tensor => reshape(x, [count, width]);
    const present = (cache: Tensor, x: Tensor, factor: Tensor): Tensor =>
      cacheWrite(cache, transpose(quantize(mul(x, byHead(factor, kvHeads))), [0, 2, 1, 3]), t.past);
    const key = present(t.cacheKey, t.k, t.keyFactor);
    const value = present(t.cacheValue, t.v, t.valueFactor);
    const q = mul(t.q, byHead(t.queryScale, heads));
    // [batch, seq]: position of each query.
    const place = add(expandDims(cast(t.past, "i64"), 1), expandDims(iota(t.q.shape[1]), 0));
    const options = { causal: true, scale: 1, window, softCap: 0 };
    const y = attend(q, cast(key, "f32"), cast(value, "f32"), options, place);
    return [mul(y, byHead(t.resultScale, heads)), key, value];
  },
};

/** i8 of floats that have been divided by their scale. */
const quantize = (x: Tensor): Tensor => cast(minimum(maximum(round(x), -128), 127), "i8");

interface Sizes {
  readonly heads: number;
  readonly kvHeads: number;
  readonly width: number;
  readonly window: number;
}

type Names = Readonly<Record<(typeof INPUTS)[number] | "query" | "key" | "value", string>>;

const kernelAttributes = ({ heads, kvHeads, window }: Sizes) => ({
  num_heads: onnx.int(heads),
  kv_num_heads: onnx.int(kvHeads),
  scale: onnx.float(1),
  local_window_size: onnx.int(window > 0 ? window : -1),
});

/** The kernel reads and writes the 8-bit cache itself. */
function direct(to: Lowering, n: Names, sizes: Sizes): string[] {
  const one = to.constant("f32", [1], [1]);
  return to.emitMany(
    "GroupQueryAttention",
    [
      ...[n.query, n.key, n.value, n.cacheKey, n.cacheValue, n.last, n.total],
      ...["", "", "", "", "", one, one],
    ],
    {
      ...kernelAttributes(sizes),
      k_quant_type: onnx.string("PER_TENSOR"),
      v_quant_type: onnx.string("PER_TENSOR"),
      kv_cache_bit_width: onnx.int(8),
    },
    3,
    MICROSOFT,
  );
}

/** One sequence: earlier rows are widened to floats for the kernel that works on blocks of rows. */
function widened(to: Lowering, n: Names, sizes: Sizes): string[] {
  const { kvHeads, width } = sizes;
  const i64 = (value: number): string => to.constant("i64", [1], [value]);
  const past = to.emit("Cast", [n.past], { to: onnx.int(7) }); // i64 [1]
  const floats = (cache: string): string =>
    to.emit("Cast", [to.emit("Slice", [cache, i64(0), past, i64(2)])], { to: onnx.int(1) });
  const [low, high] = [-128, 127].map((limit) => to.constant("f32", [], [limit]));
  const rounded = (x: string): string => to.emit("Clip", [to.emit("Round", [x]), low, high]);
  const [key, value] = [rounded(n.key), rounded(n.value)];
  const [y] = to.emitMany(
    "GroupQueryAttention",
    [n.query, key, value, floats(n.cacheKey), floats(n.cacheValue), n.last, n.total],
    kernelAttributes(sizes),
    3,
    MICROSOFT,
  );
  const write = (cache: string, x: string): string => {
    const shape = to.constant("i64", [4], [0, 0, kvHeads, width]);
    const rows = to.emit("Reshape", [to.emit("Cast", [x], { to: onnx.int(3) }), shape]);
    const update = to.emit("Transpose", [rows], { perm: onnx.ints([0, 2, 1, 3]) });
    return to.emit("TensorScatter", [cache, update, past], { axis: onnx.int(-2) });
  };
  return [y, write(n.cacheKey, key), write(n.cacheValue, value)];
}

/**
 * Causal attention over an 8-bit cache, to which the new keys and values are added rounded.
 *
 * @param q [batch, seq, heads, headDim]; batches of several sequences take fewer than 8 tokens
 *   each where fused
 * @param k [batch, seq, kvHeads, headDim]
 * @param v as k
 * @param options `scale` of the scores; `window`: 0, or how many keys a query sees
 * @returns attention [batch, seq, heads, headDim], and the cache with the new rows
 */
export function quantizedAttention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  cache: QuantizedCache,
  { scale, window }: { readonly scale: number; readonly window: number },
): readonly [Tensor, Tensor, Tensor] {
  check(q, k, v, cache);
  const [heads, kvHeads] = [q.shape[2], k.shape[2]] as number[];
  const spread = (x: Tensor): Tensor => reshape(repeat(x, heads / kvHeads, 0), [-1]);
  const { key, value, past, keyScale, valueScale } = cache;
  const seq = q.shape[1];
  const total = add(past, dimSize([seq], "i32")); // i32 [batch]
  const inputs = [
    ...[q, k, v, key, value, past, sub(total, 1), max(total)],
    ...[spread(mul(keyScale, scale)), reshape(reciprocal(keyScale), [-1])],
    ...[reshape(reciprocal(valueScale), [-1]), spread(valueScale)],
  ];
  const by = (path: Attrs["path"]) => (): readonly Tensor[] =>
    apply(quantizedAttentionOp, inputs, { window, path });
  const isFew = less(dimSize([seq], "i64"), WIDENED_ROWS);
  const [y, presentKey, presentValue] = cond(isFew, by("direct"), by("widened"));
  return [y, presentKey, presentValue];
}

function check(q: Tensor, k: Tensor, v: Tensor, cache: QuantizedCache): void {
  const { key, value, keyScale, valueScale } = cache;
  const scales = [keyScale, valueScale];
  const [kvHeads, width] = [k.shape[2], q.shape[3]];
  const fits =
    [q, k, v].every((x) => x.dtype === "f32") &&
    [key, value].every((x) => x.dtype === "i8" && dimEquals(x.shape[3], width)) &&
    dimEquals(v.shape[3], width) &&
    scales.every((x) => x.dtype === "f32" && shapeEquals(x.shape, [kvHeads, width]));
  if (fits) return;
  throw shapeError("attention", "scales [kvHeads, headDim] and an i8 cache do not fit", [
    ...[q, k, v],
    ...[key, keyScale, valueScale],
  ]);
}
