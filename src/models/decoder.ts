/** The pre-norm decoder that the Qwen families share; each family's file sets its switches. */

import { attention } from "../graph/ops/attention.ts";
import { add, cast, greaterEqual, maximum, mul } from "../graph/ops/elementwise.ts";
import { slice } from "../graph/ops/join.ts";
import { iota } from "../graph/ops/leaf.ts";
import { expandDims, reshape } from "../graph/ops/reshape.ts";
import { rotary } from "../graph/ops/rotary.ts";
import { remat } from "../graph/remat.ts";
import type { Dim } from "../graph/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import {
  type AttentionGate,
  applyGate,
  gatedQuery,
  gateLogits,
  gateScores,
} from "../nn/attention-gate.ts";
import { embedding, linear, tiedHead } from "../nn/linear.ts";
import type { LoraConfig } from "../nn/lora.ts";
import { gatedMlp } from "../nn/mlp.ts";
import { type MoeConfig, moe } from "../nn/moe.ts";
import { rmsNorm } from "../nn/norm.ts";
import { type NormVariant, residualNorm } from "../nn/residual-norm.ts";
import { lognScale, promptGrowth, type RopeConfig, rotaryAngles } from "../nn/rope.ts";
import { normal, ones, type Scope, type WeightFormats, zeros } from "../nn/scope.ts";
import { type DeltaNetConfig, gatedDeltaNet } from "./gated-delta-net.ts";

export interface DecoderConfig {
  readonly modelType: string;
  readonly vocabSize: number;
  readonly hiddenSize: number;
  /** Width of the MLP, in layers that have one. */
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
  /** Length beyond which queries grow with their position (`lognScale`); left out: none. */
  readonly lognLength?: number;
  /** Gate of attention (Qiu et al., "Gated Attention", 2025); left out: none. */
  readonly gate?: AttentionGate;
  /** Norms multiply by 1 + weight (default false: by weight). */
  readonly offsetNorms?: boolean;
  /** What stands in place of the residual stream's RMSNorms; left out: they do. */
  readonly norm?: NormVariant;
  /** Layers that are gated delta nets instead of attention; left out: none. */
  readonly deltaNet?: DeltaNetConfig;
  /** Routed experts in place of the MLP, and in which layers. */
  readonly moe?: MoeConfig & { readonly layers: readonly boolean[] };
  /**
   * Keys and values of earlier tokens are held in 8 bits, with scales that are read as weights
   * (`key_cache.scale`, `value_cache.scale`); left out: in f32.
   */
  readonly kvCache?: "int8";
  readonly initializerRange: number;
  /** Low-rank adapters of its linear maps; left out: none. */
  readonly lora?: LoraConfig;
  /** Weights that the checkpoint holds quantised, by name; left out: none. */
  readonly quantized?: WeightFormats;
}

/** What one layer holds of earlier tokens, by the names of `layerState` in state.ts. */
export type LayerState = Readonly<Record<string, Tensor>>;

export interface DecoderInputs {
  /**
   * i64 [batch, seq]. A row of -1 with a cache: the sequence sits this run out. Its recurrent
   * state stays as it was; keys and values are written behind its end, where they do not count.
   */
  readonly tokens?: Tensor;
  /** [batch, seq, hidden], in place of tokens: what stands for images, sound, … */
  readonly embeds?: Tensor;
  /** Each position sees those up to itself (default true), or all. */
  readonly causal?: boolean;
  /** i64 [batch or 1, seq]; default: 0, 1, … after what the cache holds. */
  readonly positions?: Tensor;
  /** Added to the attention scores, [batch, 1, seq, keys] (packed samples). */
  readonly bias?: Tensor;
  /** One entry a layer; the first `past` (i32 [batch]) rows are valid. */
  readonly cache?: { readonly layers: readonly LayerState[]; readonly past: Tensor };
  /** Sees what is inside while it is traced. */
  readonly probe?: DecoderProbe;
  /**
   * Attention and activations are computed again in the backward pass, not kept for it: less memory
   * for some time. Goes with neither cache nor probe.
   */
  readonly recompute?: boolean;
}

/** What measurements see of a decoder. */
export interface DecoderProbe {
  /** The residual stream [batch, seq, hidden]: 0 after the embedding, i after the i-th layer. */
  residual?(x: Tensor, i: number): void;
  /** What an attention layer (from 0) compares: rotated, [batch, seq, heads, headDim]. */
  attention?(query: Tensor, key: Tensor, layer: number): void;
  /** Scores of a layer's gate, [batch or 1, seq or 1, heads or 1, channels or 1]. */
  gate?(scores: Tensor, layer: number): void;
}

export interface DecoderOutputs {
  /** After the last norm, [batch, seq, hidden]. */
  readonly hidden: Tensor;
  /** The layers' state after the new tokens. */
  readonly cache: readonly LayerState[];
}

/**
 * Token embedding, layers, final norm. Weights under `model.` as in the checkpoints. In a fresh
 * model the layers' outputs start at zero: the residual stream then is the embedding, which the
 * layers' random outputs would otherwise drown (as in nanochat's gpt.py).
 */
export function decoder(p: Scope, c: DecoderConfig, inputs: DecoderInputs): DecoderOutputs {
  const { cache, probe, recompute = false } = inputs;
  const model = p.in("model");
  const seq = lengthOf(inputs);
  const positions = inputs.positions ?? positionsOf(seq, cache?.past);
  const growth = ropeGrowth(c, seq, cache);
  const angles = rotaryAngles(c.rope, positions, growth);
  const logn = c.lognLength === undefined ? undefined : lognScale(positions, c.lognLength);
  const { tokens, active } = activeRows(c, inputs);
  const norm = (scope: Scope, x: Tensor): Tensor =>
    residualNorm(scope, x, { epsilon: c.normEpsilon, offset: c.offsetNorms, variant: c.norm });
  let x = inputs.embeds ?? tokenEmbeddings(p, c, tokens!);
  probe?.residual?.(x, 0);
  const present: LayerState[] = [];
  for (let i = 0; i < c.layers; i++) {
    const layer = model.in("layers", i);
    const normed = norm(layer.in("input_layernorm"), x);
    const state = cache?.layers[i];
    const mixed = c.deltaNet?.layers[i]
      ? gatedDeltaNet(layer.in("linear_attn"), c, c.deltaNet, { x: normed, state, active })
      : selfAttention(layer.in("self_attn"), c, {
          x: normed,
          ...angles,
          logn,
          window: c.windows[i],
          causal: inputs.causal,
          bias: inputs.bias,
          cache: state && { key: state.key, value: state.value, past: cache.past },
          probe: probe && {
            attention: (query, key) => probe.attention?.(query, key, i),
            gate: (scores) => probe.gate?.(scores, i),
          },
          recompute,
        });
    x = add(x, mixed.output);
    const between = norm(layer.in("post_attention_layernorm"), x);
    x = add(x, feedForward(layer.in("mlp"), c, i, between, recompute));
    probe?.residual?.(x, i + 1);
    if (mixed.state) present.push(i === 0 && growth ? { ...mixed.state, growth } : mixed.state);
  }
  return { hidden: norm(model.in("norm"), x), cache: present };
}

/** i64 [batch, seq] -> [batch, seq, hidden] */
export const tokenEmbeddings = (p: Scope, c: DecoderConfig, tokens: Tensor): Tensor =>
  embedding(p.in("model", "embed_tokens"), tokens, c.vocabSize, c.hiddenSize);

/** Scores of every vocabulary entry: [..., hidden] -> [..., vocab]. */
export function lmHead(p: Scope, c: DecoderConfig, hidden: Tensor): Tensor {
  const init = normal(c.initializerRange);
  if (!c.tiedHead) return linear(p.in("lm_head"), hidden, c.vocabSize, { init });
  const table = p.in("model", "embed_tokens");
  return p.in("lm_head").trace(() => tiedHead(table, hidden, c.vocabSize, init));
}

/** Which rows take part, bool [batch, 1]; undefined where nothing depends on it. */
function activeRows(
  c: DecoderConfig,
  { tokens, cache }: DecoderInputs,
): { tokens?: Tensor; active?: Tensor } {
  if (!tokens || !cache || !c.deltaNet) return { tokens };
  return { tokens: maximum(tokens, 0), active: greaterEqual(slice(tokens, 1, 0, 1), 0) };
}

/** Growth of a stepped rotary base, [batch or 1, 1]: set by the prompt, then kept as state. */
function ropeGrowth(c: DecoderConfig, seq: Dim, cache: DecoderInputs["cache"]): Tensor | undefined {
  if (c.rope.type !== "dynamic" || !c.rope.isStepped) return undefined;
  const earlier = cache && { held: cache.layers[0].growth, past: cache.past };
  return promptGrowth(c.rope, seq, earlier);
}

function lengthOf({ tokens, embeds }: DecoderInputs): Dim {
  const given = tokens ?? embeds;
  if (!given) throw new Error("decoder: give tokens or embeds");
  return given.shape[1];
}

/** [batch or 1, seq]: counted from the end of the cache. */
function positionsOf(seq: Dim, past: Tensor | undefined): Tensor {
  const place = expandDims(iota(seq), 0);
  return past ? add(expandDims(cast(past, "i64"), 1), place) : place;
}

export interface AttentionInputs {
  readonly x: Tensor;
  readonly cos: Tensor;
  readonly sin: Tensor;
  readonly logn?: Tensor;
  readonly window: number;
  readonly causal?: boolean;
  readonly bias?: Tensor;
  readonly cache?: { readonly key: Tensor; readonly value: Tensor; readonly past: Tensor };
  readonly probe?: {
    attention(query: Tensor, key: Tensor): void;
    gate(scores: Tensor): void;
  };
  /** As in `DecoderInputs`. */
  readonly recompute?: boolean;
}

/** Attention over [batch, seq, hidden], with what it holds of earlier tokens after it. */
export function selfAttention(
  p: Scope,
  c: DecoderConfig,
  { x, cos, sin, logn, window, causal, bias, cache, probe, recompute }: AttentionInputs,
): { output: Tensor; state?: LayerState } {
  const [batch, seq] = x.shape;
  const init = normal(c.initializerRange);
  const { gate } = c;
  const project = (name: string): Tensor => {
    const y = linear(p.in(name), x, c.kvHeads * c.headDim, { bias: c.qkvBias, init });
    return reshape(y, [batch, seq, c.kvHeads, c.headDim]);
  };
  const { query, logits } = gatedQuery(p, x, gate, c, { bias: c.qkvBias, init });
  const scores =
    gate && p.trace(() => gateScores(gate, logits ?? gateLogits(p, x, gate, c, { init })));
  if (scores) probe?.gate(scores);
  const gated = (position: AttentionGate["position"], y: Tensor): Tensor =>
    gate && scores && gate.position === position ? p.trace(() => applyGate(gate, y, scores)) : y;
  const q = gated("query", query);
  const k = gated("key", project("k_proj"));
  const v = gated("value", project("v_proj")); // [batch, seq, kvHeads, headDim]
  let state: LayerState | undefined;
  const mix = (query: Tensor, key: Tensor, value: Tensor): Tensor => {
    const norm = (name: string, of: Tensor): Tensor =>
      c.qkNorm ? rmsNorm(p.in(name), of, c.normEpsilon, { offset: c.offsetNorms }) : of;
    const [normed, normedKey] = [norm("q_norm", query), norm("k_norm", key)];
    const y = p.trace(() => {
      const turned = rotary(logn ? mul(normed, logn) : normed, cos, sin);
      const turnedKey = rotary(normedKey, cos, sin);
      probe?.attention(turned, turnedKey);
      return attention(turned, turnedKey, value, {
        window,
        causal,
        bias,
        cache: scaled(p, c, cache),
      });
    });
    if (cache) state = { key: y.presentKey!, value: y.presentValue! };
    const flat = reshape(gated("attention", y.output), [batch, seq, c.heads * c.headDim]);
    return linear(p.in("o_proj"), flat, c.hiddenSize, { bias: c.outputBias, init: zeros });
  };
  const output = (recompute ? remat(mix) : mix)(q, k, v);
  return { output: gated("output", output), state };
}

/** A cache with the scales of its 8-bit numbers, where it holds such. */
function scaled(p: Scope, c: DecoderConfig, cache: AttentionInputs["cache"]) {
  if (cache?.key.dtype !== "i8") return cache;
  const scale = (part: string): Tensor =>
    p.in(part).parameter("scale", [c.kvHeads, c.headDim], ones);
  return { ...cache, scales: { key: scale("key_cache"), value: scale("value_cache") } };
}

function feedForward(
  p: Scope,
  c: DecoderConfig,
  layer: number,
  x: Tensor,
  recompute: boolean,
): Tensor {
  const init = normal(c.initializerRange);
  if (c.moe?.layers[layer]) return moe(p, x, c.moe, init);
  return gatedMlp(p, x, c.intermediateSize, init, recompute);
}
