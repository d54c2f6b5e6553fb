/**
 * Qwen3-30B-A3B, Qwen3-235B-A22B, Qwen3-Coder: `Qwen3MoeForCausalLM`.
 *
 * Beyond Qwen3: routed experts in place of the MLP, none of them shared, and a sliding window that
 * is on in every layer or in none. Published configs renormalise the experts' weights.
 */

import type { ConfigReader } from "./config-reader.ts";
import type { DecoderConfig } from "./decoder.ts";
import { readMoe } from "./moe-config.ts";
import { readWindows } from "./qwen2.ts";
import { readQwen3Config } from "./qwen3.ts";

/** Reads the config of a `qwen3_moe` checkpoint. */
export function readQwen3MoeConfig(config: ConfigReader): DecoderConfig {
  const dense = readQwen3Config(config);
  return {
    ...dense,
    modelType: "qwen3_moe",
    windows: readWindows(config, dense.layers, () => true),
    moe: readMoe(config, dense.layers, {
      experts: 128,
      topK: 8,
      inner: 768,
      normalise: false,
      sharedInner: 0,
    }),
  };
}
