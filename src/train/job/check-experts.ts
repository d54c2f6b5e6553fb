/** What the schema cannot say of mixtures of experts. */

import { samplesAnswers } from "./method-names.ts";
import type { TrainConfig } from "./schema.ts";
import { expertKeys } from "./schema-moe.ts";

/** @throws Error naming the option that does not go with the model or the method, or is missing */
export function checkExperts(config: TrainConfig, where: string): void {
  const { model, balance, method, lora } = config;
  if (typeof model !== "string") {
    const values: Readonly<Record<string, unknown>> = model;
    const isMoe = model.model_type.endsWith("_moe");
    const set = Object.keys(expertKeys).find((key) => values[key] !== undefined);
    if (!isMoe && set !== undefined) {
      throw new Error(
        `${where}: "model.${set}" belongs to the types qwen3_moe and qwen2_moe, but ` +
          `"model.model_type" is ${model.model_type}; change the type, or leave "model.${set}" out`,
      );
    }
    const needed = ["num_experts"];
    if (model.model_type === "qwen2_moe") needed.push("shared_expert_intermediate_size");
    const missing = isMoe && needed.find((key) => values[key] === undefined);
    if (missing) {
      throw new Error(
        `${where}: a ${model.model_type} needs "model.${missing}", as in model.${missing}: ` +
          (missing === "num_experts" ? "8" : "256"),
      );
    }
    if (balance && !isMoe) {
      throw new Error(
        `${where}: "balance" belongs to mixtures of experts, but "model.model_type" is ` +
          `${model.model_type}; change the type, or leave "balance" out`,
      );
    }
  }
  if (!balance) return;
  if (samplesAnswers(config)) {
    throw new Error(
      `${where}: "balance" belongs to methods that learn from given rows, but "method" is ` +
        `${method}; leave it out`,
    );
  }
  if (lora && balance.bias_rate !== undefined) {
    throw new Error(
      `${where}: "balance.bias_rate" moves the model's routers, which "lora" leaves as they are; ` +
        "leave one out",
    );
  }
}
