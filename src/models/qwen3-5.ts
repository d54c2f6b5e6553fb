/**
 * The text models of Qwen3.5: `Qwen3_5ForCausalLM`, `Qwen3_5MoeForCausalLM`, and the language half
 * of the `…ForConditionalGeneration` checkpoints, whose config.json keeps it under `text_config`
 * and whose weights are under `model.language_model.`.
 *
 * Beyond Qwen3-Next: separate input projections in the delta nets, and a plain MLP or, in the MoE
 * models, experts in every layer whose weights always sum to 1. Rotary positions have three axes
 * (`mrope_section`), which are equal for text.
 */

import type { ConfigReader } from "./config-reader.ts";
import type { DecoderConfig } from "./decoder.ts";
import { readHybridConfig } from "./hybrid-config.ts";
import { readMoe } from "./moe-config.ts";

/** Reads the config of a `qwen3_5` or `qwen3_5_text` checkpoint. */
export const readQwen35Config = (config: ConfigReader): DecoderConfig =>
  readText(config, (text) => readHybridConfig(text, "qwen3_5_text", "separate", 12_288));

/** Reads the config of a `qwen3_5_moe` or `qwen3_5_moe_text` checkpoint. */
export const readQwen35MoeConfig = (config: ConfigReader): DecoderConfig =>
  readText(config, (text) => {
    const hybrid = readHybridConfig(text, "qwen3_5_moe_text", "separate", 512);
    const moe = readMoe(text, hybrid.layers, {
      experts: 256,
      topK: 8,
      inner: 512,
      normalise: true,
      sharedInner: 512,
    });
    const everywhere = new Array<boolean>(hybrid.layers).fill(true);
    return { ...hybrid, moe: { ...moe, normalise: true, layers: everywhere } };
  });

function readText(
  config: ConfigReader,
  read: (text: ConfigReader) => DecoderConfig,
): DecoderConfig {
  const text = config.object("text_config");
  if (!text) return read(config);
  const decoder = read(text);
  const tiedHead = text.has("tie_word_embeddings")
    ? decoder.tiedHead
    : config.flag("tie_word_embeddings", false);
  return { ...decoder, tiedHead };
}
