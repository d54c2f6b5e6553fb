/**
 * Qwen1.5-MoE, Qwen2-57B-A14B: `Qwen2MoeForCausalLM`.
 *
 * Beyond Qwen2: in most layers routed experts, plus one that every token goes through behind a
 * sigmoid gate; the experts' weights are not renormalised unless `norm_topk_prob` says so. Where a
 * sliding window is on without `layer_types`, every other layer below `max_window_layers` has it.
 */

import type { ConfigReader } from "./config-reader.ts";
import type { DecoderConfig } from "./decoder.ts";
import { readMoe } from "./moe-config.ts";
import { readQwen2Config, readWindows } from "./qwen2.ts";

/** Reads the config of a `qwen2_moe` checkpoint. */
export function readQwen2MoeConfig(config: ConfigReader): DecoderConfig {
  const dense = readQwen2Config(config);
  return {
    ...dense,
    modelType: "qwen2_moe",
    windows: readWindows(config, dense.layers, (i, below) => i % 2 === 0 && i < below),
    qkvBias: config.flag("qkv_bias", true),
    moe: readMoe(config, dense.layers, {
      experts: 60,
      topK: 4,
      inner: 1408,
      normalise: false,
      sharedInner: 5632,
    }),
  };
}
