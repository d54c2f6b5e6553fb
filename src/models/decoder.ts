/** The pre-norm decoder that the dense Qwen families share; each family's file sets its switches. */

import { silu } from "../graph/ops/activation.ts";
import { attention } from "../graph/ops/attention.ts";
import { add, cast, mul } from "../graph/ops/elementwise.ts";
import { iota } from "../graph/ops/leaf.ts";
import { matmul } from "../graph/ops/matmul.ts";
import { expandDims, reshape } from "../graph/ops/reshape.ts";
import { rotary } from "../graph/ops/rotary.ts";
import type { Tensor } from "../graph/tensor.ts";
import { embedding, embeddingTable, linear } from "../nn/linear.ts";
import { rmsNorm } from "../nn/norm.ts";
import { type RopeConfig, rotaryAngles } from "../nn/rope.ts";
import { normal, type Scope, zeros } from "../nn/scope.ts";

export interface DecoderConfig {
  readonly modelType: string;
  readonly vocabSize: number;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly normEpsilon: number;
  /** The head reuses the embedding table; `lm_head.weight` is then not read. */
  readonly tiedHead: boolean;
  readonly maxPositions: number;
  readonly rope: RopeConfig;
  /** Sliding window of each layer; 0 sees everything. */
  readonly windows: readonly number[];
  readonly qkvBias: boolean;
  readonly outputBias: boolean;
  /** RMSNorm of each head's query and key before the rotation. */
  readonly qkNorm: boolean;
  readonly initializerRange: number;
}

/** Keys and values of one layer, [batch, kvHeads, capacity, headDim]. */
export interface LayerCache {
  readonly key: Tensor;
  readonly value: Tensor;
}

export interface DecoderInputs {
  /** i64 [batch, seq] */
  readonly tokens: Tensor;
  /** i64 [batch or 1, seq]; default: 0, 1, … after what the cache holds. */
  readonly positions?: Tensor;
  /** Added to the attention scores, [batch, 1, seq, keys] (packed samples). */
  readonly bias?: Tensor;
  /** One entry a layer; the first `past` (i32 [batch]) rows are valid. */
  readonly cache?: { readonly layers: readonly LayerCache[]; readonly past: Tensor };
}

export interface DecoderOutputs {
  /** After the last norm, [batch, seq, hidden]. */
  readonly hidden: Tensor;
  /** The caches with the new tokens' keys and values. */
  readonly cache: readonly LayerCache[];
}

/**
 * Token embedding, layers, final norm. Weights under `model.` as in the checkpoints. In a fresh
 * model the layers' outputs start at zero: the residual stream then is the embedding, which the
 * layers' random outputs would otherwise drown (as in nanochat's gpt.py).
 */
export function decoder(p: Scope, c: DecoderConfig, inputs: DecoderInputs): DecoderOutputs {
  const { tokens, cache } = inputs;
  const model = p.in("model");
  const { cos, sin } = rotaryAngles(c.rope, inputs.positions ?? positionsOf(tokens, cache?.past));
  let x = embedding(model.in("embed_tokens"), tokens, c.vocabSize, c.hiddenSize);
  const present: LayerCache[] = [];
  for (let i = 0; i < c.layers; i++) {
    const layer = model.in("layers", i);
    const attended = selfAttention(layer.in("self_attn"), c, {
      x: rmsNorm(layer.in("input_layernorm"), x, c.normEpsilon),
      cos,
      sin,
      window: c.windows[i],
      bias: inputs.bias,
      cache: cache && { ...cache.layers[i], past: cache.past },
    });
    x = add(x, attended.output);
    x = add(
      x,
      mlp(layer.in("mlp"), c, rmsNorm(layer.in("post_attention_layernorm"), x, c.normEpsilon)),
    );
    if (attended.cache) present.push(attended.cache);
  }
  return { hidden: rmsNorm(model.in("norm"), x, c.normEpsilon), cache: present };
}

/** Scores of every vocabulary entry: [..., hidden] -> [..., vocab]. */
export function lmHead(p: Scope, c: DecoderConfig, hidden: Tensor): Tensor {
  const init = normal(c.initializerRange);
  if (!c.tiedHead) return linear(p.in("lm_head"), hidden, c.vocabSize, { init });
  const table = embeddingTable(p.in("model", "embed_tokens"), c.vocabSize, c.hiddenSize, init);
  return p.in("lm_head").trace(() => matmul(hidden, table, { transposeB: true }));
}

/** [batch or 1, seq]: counted from the end of the cache. */
function positionsOf(tokens: Tensor, past: Tensor | undefined): Tensor {
  const place = expandDims(iota(tokens.shape[1]), 0);
  return past ? add(expandDims(cast(past, "i64"), 1), place) : place;
}

interface AttentionInputs {
  readonly x: Tensor;
  readonly cos: Tensor;
  readonly sin: Tensor;
  readonly window: number;
  readonly bias?: Tensor;
  readonly cache?: LayerCache & { readonly past: Tensor };
}

function selfAttention(
  p: Scope,
  c: DecoderConfig,
  { x, cos, sin, window, bias, cache }: AttentionInputs,
): { output: Tensor; cache?: LayerCache } {
  const [batch, seq] = x.shape;
  const init = normal(c.initializerRange);
  const project = (name: string, heads: number): Tensor => {
    const y = linear(p.in(name), x, heads * c.headDim, { bias: c.qkvBias, init });
    return reshape(y, [batch, seq, heads, c.headDim]);
  };
  let q = project("q_proj", c.heads);
  let k = project("k_proj", c.kvHeads);
  const v = project("v_proj", c.kvHeads); // [batch, seq, kvHeads, headDim]
  if (c.qkNorm) {
    q = rmsNorm(p.in("q_norm"), q, c.normEpsilon);
    k = rmsNorm(p.in("k_norm"), k, c.normEpsilon);
  }
  const y = p.trace(() =>
    attention(rotary(q, cos, sin), rotary(k, cos, sin), v, { window, bias, cache }),
  );
  const flat = reshape(y.output, [batch, seq, c.heads * c.headDim]);
  const output = linear(p.in("o_proj"), flat, c.hiddenSize, { bias: c.outputBias, init: zeros });
  const present = cache && { key: y.presentKey!, value: y.presentValue! };
  return { output, cache: present };
}

function mlp(p: Scope, c: DecoderConfig, x: Tensor): Tensor {
  const init = normal(c.initializerRange);
  const gate = linear(p.in("gate_proj"), x, c.intermediateSize, { init });
  const up = linear(p.in("up_proj"), x, c.intermediateSize, { init });
  const gated = p.trace(() => mul(silu(gate), up));
  return linear(p.in("down_proj"), gated, c.hiddenSize, { init: zeros });
}
