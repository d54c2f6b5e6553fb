/** Every option of a training of tasks: `onefold task train --help` and docs/tasks.md print this. */

import { z } from "zod";
import { count } from "../../train/job/schema-parts.ts";
import { train as training } from "../../train/job/schema-train.ts";
import { model } from "./schema-model.ts";
import { taskKeys } from "./schema-tasks.ts";

export const taskTrainingSchema = z.strictObject({
  model: z
    .union([z.string().min(1), model])
    .describe("folder or ORG/NAME to go on from, or what the model is made of"),
  tasks: z.array(taskKeys).min(1).describe("what is learned: a list, see below"),
  train: training
    .omit({ batch_tokens: true, divergence: true, memory: true })
    .extend({
      order: z
        .enum(["all", "round-robin", "weighted"])
        .default("all")
        .describe("a step is over all tasks, the next one, or those that weights draw"),
      balance: z
        .enum(["tasks", "tokens"])
        .default("tasks")
        .describe("weights multiply the mean loss of a task, or its sum"),
      positions: count(8).default(2048).describe("most positions of a micro-batch, with padding"),
    })
    .describe("the run"),
  eval: z
    .strictObject({
      every: count().optional().describe("steps between evaluations (default: at the end alone)"),
      limit: count(0).default(50).describe("most held-out records of a task; 0: no evaluation"),
    })
    .optional()
    .describe("metrics on held-out records"),
  output: z.string().min(1).describe("folder of checkpoints, metrics.jsonl and final/"),
  dtype: z.enum(["bf16", "f16", "f32"]).default("f32").describe("of the weights in final/"),
});
export type TaskTrainingConfig = z.output<typeof taskTrainingSchema>;
