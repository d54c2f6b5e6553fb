/** The engine of a checkpoint that has no head: it says so. */

import type { Model } from "../../models/load.ts";
import { contextLimit } from "../context-limit.ts";
import type { Engine } from "./types.ts";

/** Whether a model can only be asked for hidden states (the larger Qwen3-Embedding). */
export const isHeadless = ({ config, checkpoint }: Model): boolean =>
  !config.tiedHead && !checkpoint.has("lm_head.weight");

export function createHeadlessEngine({ config }: Model): Engine {
  return {
    contextLimit: contextLimit(config),
    stats: {
      running: 0,
      waiting: 0,
      slots: 0,
      queue: 0,
      cachedTokens: 0,
      cacheCapacity: 0,
      cacheBytes: 0,
      promptTokens: 0,
      reusedPromptTokens: 0,
      generatedTokens: 0,
    },
    generate() {
      throw new Error(
        "the model has no lm_head.weight: it gives embeddings, and generates nothing",
      );
    },
    [Symbol.dispose]() {},
  };
}
