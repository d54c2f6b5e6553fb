/** Bodies of /tasks/explain and /tasks/infer. What is not known is refused: a typo would go unseen. */

import { z } from "zod";
import { modelName, optional } from "./common.ts";

const instruction = z.string().min(1).max(4000);
const count = z.int().min(1);
const length = optional(count.max(1024));

export const explainBody = z.strictObject({ model: modelName, instruction });

/** How the answer is generated; see `GenerateOptions` of onefold/task. */
export const taskOptions = z.strictObject({
  closed_set: optional(z.array(z.string().min(1).max(500)).min(1).max(1000)),
  beam: optional(count.max(16)),
  length_penalty: optional(z.number().min(0).max(10)),
  no_repeat_ngram: optional(z.int().min(0).max(20)),
  max_length: length,
  min_length: length,
  temperature: optional(z.number().min(0).max(100)),
  top_k: optional(count),
  top_p: optional(z.number().gt(0).max(1)),
  seed: optional(z.int()),
  frames: length,
  steps: optional(count.max(1000)),
  guidance: optional(z.number().min(0).max(50)),
});

export const inferBody = z.strictObject({
  model: modelName,
  instruction,
  /** Slots by name: text, numbers, lists, and files as data: URLs. */
  inputs: optional(z.record(z.string(), z.unknown())),
  options: optional(taskOptions),
});

export type InferBody = z.output<typeof inferBody>;
