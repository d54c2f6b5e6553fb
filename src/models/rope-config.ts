/** Rotary settings of config.json, in the form of both eras. */

import type { RopeConfig } from "../nn/rope.ts";
import type { ConfigReader } from "./config-reader.ts";

/** Transformers' default where a config names no base. */
const DEFAULT_THETA = 10_000;

/**
 * Reads `rope_parameters` (transformers 5), or `rope_theta` with `rope_scaling` (before).
 *
 * @param headDim channels of a head, of which `partial_rotary_factor` are rotated
 * @param partial that share where neither names it
 * @throws Error naming the file and key for a scaling method that is not supported
 */
export function readRope(config: ConfigReader, headDim: number, partial = 1): RopeConfig {
  const scaling = config.object("rope_parameters") ?? config.object("rope_scaling");
  const outer = config.has("rope_theta") ? config.positive("rope_theta") : DEFAULT_THETA;
  const theta = scaling?.has("rope_theta") ? scaling.positive("rope_theta") : outer;
  const owner = scaling?.has("partial_rotary_factor") ? scaling : config;
  const width = Math.floor(headDim * owner.positive("partial_rotary_factor", partial));
  if (width % 2 !== 0) throw config.error("head_dim", "even after partial rotary", width);
  const base = { theta, width };
  if (!scaling) return { ...base, type: "default" };
  const key = scaling.has("rope_type") ? "rope_type" : "type";
  const type = scaling.text(key, "default");
  switch (type) {
    case "default":
      return { ...base, type };
    case "linear":
      return { ...base, type, factor: scaling.positive("factor") };
    case "dynamic":
      return {
        ...base,
        type,
        factor: scaling.positive("factor"),
        originalLength: config.count("max_position_embeddings"),
      };
    case "yarn":
      return { ...base, type, ...readYarn(config, scaling) };
    default:
      throw scaling.error(key, 'one of "default", "linear", "dynamic", "yarn"', type);
  }
}

function readYarn(config: ConfigReader, scaling: ConfigReader) {
  const lengthOwner = scaling.has("original_max_position_embeddings") ? scaling : config;
  const originalLength =
    lengthOwner === scaling
      ? scaling.count("original_max_position_embeddings")
      : config.count("max_position_embeddings");
  const factor = scaling.has("factor")
    ? scaling.positive("factor")
    : config.count("max_position_embeddings") / originalLength;
  return {
    factor,
    originalLength,
    betaFast: scaling.positive("beta_fast", 32),
    betaSlow: scaling.positive("beta_slow", 1),
    attentionFactor: scaling.has("attention_factor")
      ? scaling.positive("attention_factor")
      : temperature(scaling, factor),
    truncate: scaling.flag("truncate", true),
  };
}

/** 0.1 m ln(factor) + 1, as a ratio where both multipliers are given (DeepSeek's form). */
function temperature(scaling: ConfigReader, factor: number): number {
  const scale = (m: number): number => (factor <= 1 ? 1 : 0.1 * m * Math.log(factor) + 1);
  if (scaling.has("mscale") && scaling.has("mscale_all_dim")) {
    return scale(scaling.positive("mscale")) / scale(scaling.positive("mscale_all_dim"));
  }
  return scale(1);
}
