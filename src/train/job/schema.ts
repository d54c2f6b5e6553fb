/** Every option of a training config, in one place: `onefold train --help` and docs print this. */

import { z } from "zod";
import { methods } from "./method-names.ts";
import { data } from "./schema-data.ts";
import { distill, preference, rl } from "./schema-methods.ts";
import { freshModel, freshTokenizer, lora } from "./schema-model.ts";
import { balance } from "./schema-moe.ts";
import { evaluation, train } from "./schema-train.ts";

export const trainConfigSchema = z.strictObject({
  method: z.enum(methods).default("sft").describe("what is learned from the rows"),
  model: z
    .union([z.string().min(1), freshModel])
    .describe("folder or ORG/NAME to go on from, or a fresh model in the keys of config.json"),
  tokenizer: z
    .union([z.string().min(1), freshTokenizer])
    .optional()
    .describe("folder or ORG/NAME, or one to learn from the data (default: the model's)"),
  lora: lora.optional().describe("train an adapter, and leave the model as it is"),
  data,
  train,
  balance: balance.optional().describe("mixtures of experts: load balance, room"),
  eval: evaluation.optional().describe("evaluation on held-out rows"),
  preference: preference.optional().describe("dpo, kto, simpo"),
  distill: distill.optional().describe("distill"),
  rl: rl.optional().describe("grpo, dr-grpo, dapo, gspo, gspo-token"),
  output: z.string().min(1).describe("folder of checkpoints, metrics.jsonl and final/"),
  dtype: z.enum(["bf16", "f16", "f32"]).default("bf16").describe("of the weights in final/"),
});

export type TrainConfig = z.output<typeof trainConfigSchema>;
export type FreshModel = z.output<typeof freshModel>;
export type FreshTokenizer = z.output<typeof freshTokenizer>;
