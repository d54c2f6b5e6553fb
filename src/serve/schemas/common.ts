/** Parts of requests that several routes share. Unknown keys are ignored, as OpenAI's clients need. */

import { z } from "zod";

/** Left out and null mean the same: clients send either. */
export const optional = <T extends z.ZodType>(schema: T) =>
  schema.nullish().transform((value) => value ?? undefined);

const count = z.int().min(1);
export const text = z.string();
export const tokenIds = z.array(z.int().min(0));
export const modelName = optional(z.string().min(1).max(500));

/** Sampling settings, OpenAI's and those that vLLM's clients send. */
export const samplingShape = {
  temperature: optional(z.number().min(0).max(100)),
  top_p: optional(z.number().min(0).max(1)),
  top_k: optional(z.int().min(-1)),
  min_p: optional(z.number().min(0).max(1)),
  presence_penalty: optional(z.number().min(-2).max(2)),
  frequency_penalty: optional(z.number().min(-2).max(2)),
  repetition_penalty: optional(z.number().gt(0).max(100)),
  seed: optional(z.int()),
};

/** What ends an answer, and how many there are. */
export const answerShape = {
  n: optional(count.max(128)),
  stop: optional(
    z
      .union([z.string().min(1).max(1000), z.array(z.string().min(1).max(1000)).max(16)])
      .transform((value) => (typeof value === "string" ? [value] : value)),
  ),
  logit_bias: optional(
    z
      .record(z.string().regex(/^\d{1,7}$/, "keys are token ids"), z.number().min(-100).max(100))
      .transform((value) => new Map(Object.entries(value).map(([id, bias]) => [Number(id), bias]))),
  ),
  stream: optional(z.boolean()),
  stream_options: optional(z.object({ include_usage: optional(z.boolean()) })),
  user: optional(z.string().max(500)),
};

export const maxTokens = optional(count);

/** A JSON schema: checked where it is compiled. */
export const jsonSchema = z.union([z.record(z.string(), z.unknown()), z.boolean()]);

export const functionTool = z.object({
  type: z.literal("function"),
  function: z.object({
    name: z.string().regex(/^[\w.-]{1,128}$/, "a function's name has letters, digits, _ . and -"),
    description: optional(z.string()),
    parameters: optional(z.record(z.string(), z.unknown())),
    strict: optional(z.boolean()),
  }),
});

export type Sampled = z.output<z.ZodObject<typeof samplingShape>>;
