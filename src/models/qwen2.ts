/**
 * Qwen1.5, Qwen2, Qwen2.5, Qwen2.5-Coder (dense): `Qwen2ForCausalLM`.
 *
 * Beyond the textbook decoder: biases on q, k and v only; grouped-query attention; the head tied
 * to the embedding in small sizes; a sliding window on layers from `max_window_layers` on, only
 * where `use_sliding_window` is true (published configs carry a window that is off).
 */

import type { ConfigReader } from "./config-reader.ts";
import type { DecoderConfig } from "./decoder.ts";
import { readRope } from "./rope-config.ts";

/**
 * Settings that Qwen2 and Qwen3 read alike.
 *
 * @param intermediateSize where config.json is silent; left out: it must not be
 */
export function readDenseConfig(config: ConfigReader, intermediateSize?: number) {
  const hiddenSize = config.count("hidden_size");
  const heads = config.count("num_attention_heads");
  const kvHeads = config.count("num_key_value_heads", heads);
  if (heads % kvHeads !== 0) {
    throw config.error("num_key_value_heads", `a divisor of ${heads} heads`, kvHeads);
  }
  const activation = config.text("hidden_act", "silu");
  if (activation !== "silu") throw config.error("hidden_act", '"silu"', activation);
  const layers = config.count("num_hidden_layers");
  return {
    vocabSize: config.count("vocab_size"),
    hiddenSize,
    intermediateSize: config.count("intermediate_size", intermediateSize),
    layers,
    heads,
    kvHeads,
    normEpsilon: config.positive("rms_norm_eps", 1e-6),
    tiedHead: config.flag("tie_word_embeddings", false),
    maxPositions: config.count("max_position_embeddings", 32_768),
    windows: readWindows(config, layers),
    initializerRange: config.positive("initializer_range", 0.02),
  };
}

/** The older rule, of files without `layer_types`: layers from `max_window_layers` on slide. */
const fromFirst = (layer: number, maxWindowLayers: number): boolean => layer >= maxWindowLayers;

/**
 * Window of each layer from `layer_types`, or by the family's rule where that is left out.
 *
 * @param slides whether a layer has a window, from its index and `max_window_layers`
 */
export function readWindows(config: ConfigReader, layers: number, slides = fromFirst): number[] {
  if (!config.flag("use_sliding_window", false) || !config.has("sliding_window")) {
    return new Array<number>(layers).fill(0);
  }
  const window = config.count("sliding_window");
  const types = config.list("layer_types");
  if (!types) {
    const first = config.has("max_window_layers") ? Number(config.count("max_window_layers")) : 28;
    return Array.from({ length: layers }, (_, i) => (slides(i, first) ? window : 0));
  }
  if (types.length !== layers) {
    throw config.error("layer_types", `a list of ${layers} entries`, types.length);
  }
  return types.map((type) => {
    if (type === "sliding_attention") return window;
    if (type === "full_attention") return 0;
    throw config.error("layer_types", '"full_attention" or "sliding_attention" entries', type);
  });
}

/** Reads the config of a `qwen2` checkpoint. */
export function readQwen2Config(config: ConfigReader): DecoderConfig {
  const dense = readDenseConfig(config);
  const headDim = headDimOf(config, dense.hiddenSize, dense.heads);
  return {
    ...dense,
    modelType: "qwen2",
    headDim,
    rope: readRope(config, headDim),
    qkvBias: true,
    outputBias: false,
    qkNorm: false,
  };
}

/** `head_dim` where given, else hidden size over heads. */
function headDimOf(config: ConfigReader, hiddenSize: number, heads: number): number {
  if (config.has("head_dim")) return config.count("head_dim");
  if (hiddenSize % heads !== 0) {
    throw config.error("num_attention_heads", `a divisor of hidden_size ${hiddenSize}`, heads);
  }
  return hiddenSize / heads;
}
