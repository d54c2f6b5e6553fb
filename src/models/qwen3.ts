/**
 * Qwen3 (dense): `Qwen3ForCausalLM`.
 *
 * Beyond Qwen2: RMSNorm on each head's query and key before the rotation, no biases unless
 * `attention_bias` is set (then on the output projection too), and an explicit `head_dim` that
 * need not be hidden size over heads. The checkpoints of "Gated Attention" (2025) are of this type
 * too, with a gate in `q_proj` and their own names for biases and norms of q and k.
 */

import type { ConfigReader } from "./config-reader.ts";
import type { DecoderConfig } from "./decoder.ts";
import { readReleasedGate } from "./onefold-config.ts";
import { readDenseConfig } from "./qwen2.ts";
import { readRope } from "./rope-config.ts";

/** Reads the config of a `qwen3` checkpoint. */
export function readQwen3Config(config: ConfigReader): DecoderConfig {
  const headDim = config.count("head_dim", 128);
  const bias = config.flag("qkv_bias", config.flag("attention_bias", false));
  const gate = readReleasedGate(config);
  return {
    ...readDenseConfig(config),
    modelType: "qwen3",
    headDim,
    rope: readRope(config, headDim),
    qkvBias: bias,
    outputBias: bias,
    qkNorm: config.flag("use_qk_norm", true),
    ...(gate && { gate }),
  };
}
