/** Options of the methods that have some. */

import { z } from "zod";
import { atLeastZero, count, positive, share } from "./schema-parts.ts";

export const preference = z.strictObject({
  beta: positive().optional().describe("strength (default: dpo and kto 0.1, simpo 2)"),
  gamma: atLeastZero().default(1).describe("simpo: margin by which the chosen answer should win"),
  form: z.enum(["sigmoid", "ipo"]).default("sigmoid").describe("dpo: form of the loss"),
  label_smoothing: share().default(0).describe("dpo: share of pairs taken to be swapped"),
  desirable_weight: atLeastZero().default(1).describe("kto: weight of liked answers"),
  undesirable_weight: atLeastZero().default(1).describe("kto: weight of disliked answers"),
});

export const distill = z.strictObject({
  teacher: z.string().min(1).describe("folder or ORG/NAME with the same tokenizer"),
  mode: z
    .enum(["stored", "on-policy"])
    .default("stored")
    .describe("learn on the rows' answers, or on answers that the student samples"),
  k: count().default(32).describe("stored: likeliest tokens of the teacher kept for a position"),
  temperature: positive().default(1).describe("softens both distributions"),
  weight: share().default(1).describe("stored: of the divergence, against the rows' own tokens"),
  beta: share().default(1).describe("on-policy: 0 is KL(teacher || student), 1 the reverse"),
  prompts: count().default(8).describe("on-policy: prompts of a step"),
  max_tokens: count().default(128).describe("on-policy: of a sampled answer"),
  slots: count().default(16).describe("on-policy: answers sampled at a time"),
});

const reward = z.strictObject({
  use: z.string().min(1),
  weight: z.number().optional(),
  column: z.string().min(1).optional(),
  margin: count().optional(),
});

export const rl = z.strictObject({
  rewards: z
    .array(z.union([z.string().min(1), reward]))
    .min(1)
    .describe("exact, format, length, or a module's path; or {use, weight, column, margin}"),
  prompts: count().default(8).describe("prompts of a round"),
  answers: count(2).default(8).describe("answers to a prompt, judged against each other"),
  max_tokens: count().default(256).describe("of an answer"),
  temperature: positive().default(1).describe("of sampling"),
  mini_batches: count().default(1).describe("optimiser steps that a round's answers are cut into"),
  epochs: count().default(1).describe("times that a round's answers are learned from"),
  resample: count(0)
    .optional()
    .describe("times that prompts with equal rewards are replaced in a round (default: dapo 3)"),
  beta: atLeastZero().default(0).describe("weight of the divergence from the start"),
  clip: z
    .array(atLeastZero())
    .length(2)
    .optional()
    .describe("how far the ratio may fall and rise (default: the paper's)"),
  old: z
    .enum(["recompute", "roll-out"])
    .default("recompute")
    .describe("where the ratio's denominator comes from"),
  slots: count().default(16).describe("answers sampled at a time"),
});
