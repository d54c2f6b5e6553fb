/**
 * Scales of an 8-bit cache: what the keys and values of each channel reach when the model reads a
 * text. They are fixed before the first token, so that nothing held has to be rounded again.
 */

import { fromValues, type NDArray, zeros } from "../graph/ndarray.ts";
import { lower } from "../graph/onnx/lowering.ts";
import { abs, add, sqrt, square } from "../graph/ops/elementwise.ts";
import { concat, split } from "../graph/ops/join.ts";
import { input } from "../graph/ops/leaf.ts";
import { max } from "../graph/ops/reduce.ts";
import type { Program, WeightSource } from "../graph/program.ts";
import { type Dim, dim } from "../graph/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import { createSession } from "../runtime/index.ts";
import { type DecoderConfig, decoder } from "./decoder.ts";
import { decoderParameters } from "./decoder-parameters.ts";
import { decoderState, layerState, stateShape } from "./state.ts";

/** By the parameter's name: f32 [kvHeads, headDim]. */
export type CacheScales = ReadonlyMap<string, NDArray>;

/**
 * 127 stands for this many times the largest number seen, since other texts reach further. On
 * held-out conversations of onefold-mini the divergence from a cache in floats is 6.8e-3 with 1,
 * 1.8e-3 with 1.2, 0.9e-3 with 1.5, 1.4e-3 with 2.
 */
const HEADROOM = 1.5;
/** Of the largest channel: channels that the text hardly used. */
const LEAST_SHARE = 1e-3;

/**
 * Runs a model over windows of tokens and finds the scales of its cache.
 *
 * @param model weights may be quantised
 * @param windows token ids, each read from its first token on
 */
export async function observeCache(
  model: { readonly config: DecoderConfig; readonly weights: WeightSource },
  windows: readonly (readonly number[])[],
): Promise<CacheScales> {
  const config: DecoderConfig = { ...model.config, kvCache: undefined };
  const prepack = config.quantized !== undefined; // floats are read where they lie
  using session = await createSession(rangeProgram(config), { weights: model.weights, prepack });
  const ranges = new Map<string, Float32Array>();
  for (const ids of windows) {
    const tokens = fromValues("i64", [1, ids.length], ids);
    const state = [...decoderState(config)].map(([name, array]) => [
      name,
      zeros("f32", stateShape(array, 1, ids.length)),
    ]);
    const past = zeros("i32", [1]);
    const found = await session.run({ tokens, past, ...Object.fromEntries(state) });
    for (const [name, { data }] of Object.entries(found)) {
      const range = ranges.get(name) ?? new Float32Array(data.length);
      for (let i = 0; i < range.length; i++) range[i] = Math.max(range[i]!, Number(data[i]));
      ranges.set(name, range);
    }
  }
  const shape = [config.kvHeads, config.headDim];
  return new Map([...ranges].map(([name, r]) => [name, fromValues("f32", shape, toScales(r))]));
}

function toScales(range: Float32Array): Float32Array {
  const least = range.reduce((a, b) => Math.max(a, b), 0) * LEAST_SHARE;
  // A layer that gives nothing at all must not be divided by 0.
  return range.map((r) => (HEADROOM * Math.max(r, least) || 1) / 127);
}

/** What each channel of the cache reaches, under the names of the scales. */
function rangeProgram(c: DecoderConfig): Program {
  const { root } = decoderParameters(c);
  const seq = dim("seq");
  const tokens = input("tokens", "i64", [1, seq]);
  const past = input("past", "i32", [1]);
  const layers = Array.from({ length: c.layers }, (_, i) =>
    Object.fromEntries(
      Object.entries(layerState(c, i)).map(([name, array]) => [
        name,
        input(`${name}.${i}`, "f32", stateShape<Dim>(array, 1, seq)),
      ]),
    ),
  );
  const { cache } = decoder(root, c, { tokens, cache: { layers, past } });
  const outputs: Record<string, Tensor> = {};
  cache.forEach(({ key, value }, i) => {
    if (!key || !value) return;
    outputs[scaleName(i, "key")] = max(radius(key, c.rope.width), overRows);
    outputs[scaleName(i, "value")] = max(abs(value), overRows);
  });
  const state = layers.flatMap((layer) => Object.values(layer));
  return lower({ inputs: [tokens, past, ...state], outputs });
}

const overRows = { axes: [0, 2] };

/** A pair of rotated channels reaches its length in either, at one position or another. */
function radius(key: Tensor, rotated: number): Tensor {
  const rest = Number(key.shape[3]) - rotated;
  const sizes = [rotated / 2, rotated / 2, ...(rest > 0 ? [rest] : [])];
  const [a, b, other] = split(square(key), sizes, 3);
  const length = sqrt(add(a!, b!));
  return concat([length, length, ...(other ? [sqrt(other)] : [])], 3);
}

/** Name of the parameter that an attention layer reads. */
const scaleName = (layer: number, part: "key" | "value"): string =>
  `model.layers.${layer}.self_attn.${part}_cache.scale`;

/** Names of all scales that a decoder reads with an 8-bit cache. */
export const cacheScaleNames = (c: DecoderConfig): string[] =>
  Array.from({ length: c.layers }, (_, i) => i)
    .filter((i) => !c.deltaNet?.layers[i])
    .flatMap((i) => [scaleName(i, "key"), scaleName(i, "value")]);

/** A model's weights, with the scales among them. */
export const withCacheScales =
  (weights: WeightSource, scales: CacheScales): WeightSource =>
  (port) =>
    scales.get(port.name) ?? weights(port);
