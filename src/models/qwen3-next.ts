/**
 * Qwen3-Next-80B-A3B, Qwen3-Coder-Next: `Qwen3NextForCausalLM`.
 *
 * Beyond Qwen3-MoE: three layers in four are gated delta nets (gated-delta-net.ts) with grouped
 * input projections; attention has an output gate and rotates a quarter of each head; norms scale
 * by 1 + weight; an expert that every token goes through. `mtp.*` weights: mtp.ts.
 */

import type { ConfigReader } from "./config-reader.ts";
import type { DecoderConfig } from "./decoder.ts";
import { readHybridConfig } from "./hybrid-config.ts";
import { readMoe } from "./moe-config.ts";

/** Reads the config of a `qwen3_next` checkpoint. */
export function readQwen3NextConfig(config: ConfigReader): DecoderConfig {
  const hybrid = readHybridConfig(config, "qwen3_next", "grouped", 5632);
  const moe = readMoe(config, hybrid.layers, {
    experts: 512,
    topK: 10,
    inner: 512,
    normalise: true,
    sharedInner: 512,
  });
  return moe.layers.includes(true) ? { ...hybrid, moe } : hybrid;
}
