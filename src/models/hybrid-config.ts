/** Settings that Qwen3-Next and Qwen3.5 share: delta nets with an attention layer in between. */

import { isDeepStrictEqual } from "node:util";
import { fusedHeadGate } from "../nn/attention-gate.ts";
import type { ConfigReader } from "./config-reader.ts";
import type { DecoderConfig } from "./decoder.ts";
import type { DeltaNetConfig } from "./gated-delta-net.ts";
import { readDenseConfig } from "./qwen2.ts";
import { readRope } from "./rope-config.ts";

/** Share of a head that is rotated where config.json is silent. */
const PARTIAL_ROTARY = 0.25;

/**
 * A hybrid decoder without its experts.
 *
 * @param intermediateSize of the MLP where config.json is silent
 */
export function readHybridConfig(
  config: ConfigReader,
  modelType: string,
  projections: DeltaNetConfig["projections"],
  intermediateSize: number,
): DecoderConfig {
  const dense = readDenseConfig(config, intermediateSize);
  const headDim = config.count("head_dim", 256);
  const bias = config.flag("attention_bias", false);
  return {
    ...dense,
    windows: new Array<number>(dense.layers).fill(0),
    modelType,
    headDim,
    rope: readRope(config, headDim, PARTIAL_ROTARY),
    qkvBias: bias,
    outputBias: bias,
    qkNorm: true,
    gate: fusedHeadGate,
    offsetNorms: true,
    deltaNet: readDeltaNet(config, dense.layers, projections),
  };
}

function readDeltaNet(
  config: ConfigReader,
  count: number,
  projections: DeltaNetConfig["projections"],
): DeltaNetConfig | undefined {
  const layers = readLayers(config, count);
  if (!layers.includes(true)) return undefined;
  const keyHeads = config.count("linear_num_key_heads", 16);
  const valueHeads = config.count("linear_num_value_heads", 32);
  if (valueHeads % keyHeads !== 0) {
    const expected = `a multiple of linear_num_key_heads ${keyHeads}`;
    throw config.error("linear_num_value_heads", expected, valueHeads);
  }
  const kernel = config.count("linear_conv_kernel_dim", 4);
  if (kernel < 2) throw config.error("linear_conv_kernel_dim", "at least 2", kernel);
  return {
    layers,
    keyHeads,
    valueHeads,
    keyDim: config.count("linear_key_head_dim", 128),
    valueDim: config.count("linear_value_head_dim", 128),
    kernel,
    projections,
  };
}

/** Which layers are delta nets: all but every `full_attention_interval`-th, or `layer_types`. */
function readLayers(config: ConfigReader, count: number): boolean[] {
  const types = config.list("layer_types");
  if (!types) {
    const interval = config.count("full_attention_interval", 4);
    return Array.from({ length: count }, (_, i) => (i + 1) % interval !== 0);
  }
  if (types.length !== count) {
    throw config.error("layer_types", `a list of ${count} entries`, types.length);
  }
  return types.map((type) => {
    if (type === "linear_attention") return true;
    if (type === "full_attention") return false;
    throw config.error("layer_types", '"linear_attention" or "full_attention" entries', type);
  });
}

/** How each family stores the delta nets' input projections. */
const projectionsOf: Readonly<Record<string, DeltaNetConfig["projections"]>> = {
  qwen3_next: "grouped",
  qwen3_5_text: "separate",
  qwen3_5_moe_text: "separate",
};

/** Whether a decoder belongs to one of these families, or only they could hold it. */
export const isHybrid = (c: DecoderConfig): boolean =>
  c.modelType in projectionsOf || !!(c.deltaNet || c.offsetNorms);

/**
 * What config.json of a hybrid says beyond the dense keys, its experts left aside.
 *
 * @throws Error for switches that the family cannot say
 */
export function hybridKeys(c: DecoderConfig): Record<string, unknown> {
  const { modelType, deltaNet, gate, norm, offsetNorms, qkNorm, qkvBias, outputBias } = c;
  const projections = projectionsOf[modelType];
  const hasOwn = deltaNet === undefined || deltaNet.projections === projections;
  const hasExperts = modelType === "qwen3_next" || !c.moe === (modelType === "qwen3_5_text");
  const isGated = isDeepStrictEqual(gate, fusedHeadGate) && !norm;
  const isSaid = projections && isGated && offsetNorms && qkNorm && qkvBias === outputBias;
  if (!isSaid || !hasOwn || !hasExperts || c.windows.some((window) => window > 0)) {
    const found = { gate, norm, offsetNorms, qkNorm, qkvBias, outputBias, deltaNet };
    throw new Error(
      `config.json: a ${modelType} decoder cannot be saved with ${JSON.stringify(found)}; Qwen3-` +
        "Next and Qwen3.5 have gated attention, norms around 1, q and k norms, all biases or " +
        "none and no window, grouped projections in the one and separate ones in the other",
    );
  }
  return {
    attention_bias: qkvBias,
    layer_types: Array.from({ length: c.layers }, (_, i) =>
      deltaNet?.layers[i] ? "linear_attention" : "full_attention",
    ),
    partial_rotary_factor: c.rope.width / c.headDim, // the default here is not 1
    ...(deltaNet && {
      linear_conv_kernel_dim: deltaNet.kernel,
      linear_key_head_dim: deltaNet.keyDim,
      linear_num_key_heads: deltaNet.keyHeads,
      linear_num_value_heads: deltaNet.valueHeads,
      linear_value_head_dim: deltaNet.valueDim,
    }),
    // Experts in no layer, where the family's default is in all.
    ...(modelType === "qwen3_next" && !c.moe
      ? { mlp_only_layers: Array.from({ length: c.layers }, (_, i) => i) }
      : {}),
  };
}
