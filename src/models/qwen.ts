/**
 * Qwen, first generation (Qwen-1.8B, 7B, 14B, 72B): `QWenLMHeadModel`.
 *
 * A Qwen2 decoder in other words (names: qwen-names.ts): q, k and v packed, as many key heads as
 * query heads, `intermediate_size` twice the width of the MLP. Beyond the trained length
 * (`seq_length`) the rotary base grows in steps with the prompt, and queries grow with their
 * position. Source: Alibaba Cloud's modeling_qwen.py, see reference/qwen_v1.py.
 */

import type { ConfigReader } from "./config-reader.ts";
import type { DecoderConfig } from "./decoder.ts";

/** Reads the config of a `qwen` checkpoint; the oldest files have GPT-2's names. */
export function readQwenConfig(config: ConfigReader): DecoderConfig {
  for (const part of ["visual", "audio"]) {
    if (config.has(part)) throw config.error(part, "absent (text models only)", "such a part");
  }
  const count = (key: string, older: string, fallback?: number): number =>
    config.count(config.has(older) && !config.has(key) ? older : key, fallback);
  const hiddenSize = count("hidden_size", "n_embd");
  const heads = count("num_attention_heads", "n_head");
  const headDim = config.count("kv_channels", 128);
  if (heads * headDim !== hiddenSize) {
    throw config.error("kv_channels", `hidden_size ${hiddenSize} over ${heads} heads`, headDim);
  }
  if (!config.flag("no_bias", true)) throw config.error("no_bias", "true", false);
  const twiceInner = count("intermediate_size", "ffn_hidden_size");
  if (twiceInner % 2 !== 0) throw config.error("intermediate_size", "even", twiceInner);
  const trained = config.count("seq_length");
  const width = Math.floor(headDim * config.positive("rotary_pct", 1));
  if (width % 2 !== 0 || width > headDim) {
    throw config.error("rotary_pct", `an even share of ${headDim} channels`, width);
  }
  const layers = count("num_hidden_layers", "n_layer");
  const base = { theta: config.positive("rotary_emb_base", 10_000), width };
  return {
    modelType: "qwen",
    vocabSize: count("vocab_size", "padded_vocab_size"),
    hiddenSize,
    intermediateSize: twiceInner / 2,
    layers,
    heads,
    kvHeads: heads,
    headDim,
    normEpsilon: config.positive("layer_norm_epsilon", 1e-6),
    tiedHead: config.flag("tie_word_embeddings", false),
    maxPositions: Math.max(trained, count("max_position_embeddings", "n_positions", 8192)),
    rope: config.flag("use_dynamic_ntk", true)
      ? { ...base, type: "dynamic", factor: 1, originalLength: trained, isStepped: true }
      : { ...base, type: "default" },
    windows: new Array<number>(layers).fill(0),
    qkvBias: true,
    outputBias: false,
    qkNorm: false,
    ...(config.flag("use_logn_attn", true) ? { lognLength: trained } : {}),
    initializerRange: config.positive("initializer_range", 0.02),
  };
}

/** The keys of `readQwenConfig`, all but the dtype. */
export function qwenConfigJson(c: DecoderConfig): Record<string, unknown> {
  const { rope, lognLength } = c;
  const isStepped = rope.type === "dynamic" && rope.isStepped === true;
  return {
    architectures: ["QWenLMHeadModel"],
    hidden_size: c.hiddenSize,
    initializer_range: c.initializerRange,
    intermediate_size: 2 * c.intermediateSize,
    kv_channels: c.headDim,
    layer_norm_epsilon: c.normEpsilon,
    max_position_embeddings: c.maxPositions,
    model_type: "qwen",
    no_bias: true,
    num_attention_heads: c.heads,
    num_hidden_layers: c.layers,
    rotary_emb_base: rope.theta,
    rotary_pct: rope.width / c.headDim,
    seq_length: (isStepped ? rope.originalLength : lognLength) ?? c.maxPositions,
    tie_word_embeddings: c.tiedHead,
    use_dynamic_ntk: isStepped,
    use_logn_attn: lognLength !== undefined,
    vocab_size: c.vocabSize,
  };
}
