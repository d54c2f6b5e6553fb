/**
 * Qwen3 (dense): `Qwen3ForCausalLM`.
 *
 * Beyond Qwen2: RMSNorm on each head's query and key before the rotation, no biases unless
 * `attention_bias` is set (then on the output projection too), and an explicit `head_dim` that
 * need not be hidden size over heads.
 */

import type { ConfigReader } from "./config-reader.ts";
import type { DecoderConfig } from "./decoder.ts";
import { readDenseConfig } from "./qwen2.ts";
import { readRope } from "./rope-config.ts";

/** Reads the config of a `qwen3` checkpoint. */
export function readQwen3Config(config: ConfigReader): DecoderConfig {
  const headDim = config.count("head_dim", 128);
  const bias = config.flag("attention_bias", false);
  return {
    ...readDenseConfig(config),
    modelType: "qwen3",
    headDim,
    rope: readRope(config, headDim),
    qkvBias: bias,
    outputBias: bias,
    qkNorm: true,
  };
}
