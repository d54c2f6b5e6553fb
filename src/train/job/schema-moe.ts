/** Options of mixtures of experts: their shape in a fresh model, and their balance in training. */

import { z } from "zod";
import { routerScores } from "../../nn/moe-routing.ts";
import { atLeastZero, count, positive } from "./schema-parts.ts";

/** Keys of fresh models with experts, as in config.json of qwen2_moe and qwen3_moe. */
export const expertKeys = {
  num_experts: count().optional().describe("experts of a layer (qwen3_moe, qwen2_moe)"),
  num_experts_per_tok: count().optional().describe("experts a token goes through (default: 2)"),
  moe_intermediate_size: count()
    .optional()
    .describe("width inside an expert (default: intermediate_size / num_experts_per_tok)"),
  norm_topk_prob: z
    .boolean()
    .optional()
    .describe("weights of the chosen experts add up to 1 (default: qwen3_moe true)"),
  shared_expert_intermediate_size: count()
    .optional()
    .describe(
      "width of an expert for all tokens, behind a gate (default: none; qwen2_moe needs it)",
    ),
  decoder_sparse_step: count().optional().describe("every so many layers has experts (default: 1)"),
  mlp_only_layers: z.array(count(0)).optional().describe("layers without experts, from 0"),
  router: z
    .strictObject({
      score: z
        .enum(routerScores)
        .default("softmax")
        .describe("over all experts, or a sigmoid of each by itself"),
      grouped: z
        .boolean()
        .default(false)
        .describe("num_experts_per_tok groups of experts, of each the best (k top-1, M6-T)"),
      scale: positive().default(1).describe("multiplies the weights of the chosen experts"),
    })
    .optional()
    .describe("a router that no published family has: final/ is of model_type onefold then"),
};

export const balance = z.strictObject({
  scope: z
    .enum(["global", "exact", "micro", "sequence"])
    .default("global")
    .describe(
      "frequencies in the loss: of the step's micro-batches so far, of all of them (counted " +
        "first: a forward pass more), of the micro-batch, of each row",
    ),
  coefficient: atLeastZero()
    .optional()
    .describe("of the balance loss (default: 0.01; 0 with bias_rate)"),
  micro_weight: atLeastZero()
    .default(0)
    .describe("share of the coefficient for the loss over micro-batches, besides"),
  z_loss: atLeastZero().default(0).describe("coefficient of the router z-loss, usual 0.001"),
  bias_rate: positive()
    .optional()
    .describe("balance without a loss: experts' bias moves so far a step, usual 0.001"),
  capacity_factor: positive()
    .optional()
    .describe("room of an expert as a multiple of an even share (default: no limit)"),
  capacity_mode: z
    .enum(["kx", "1x"])
    .default("kx")
    .describe("share of all choices, or as if a token chose one expert"),
  capacity_min: count().default(1).describe("least room of an expert, in tokens"),
});
