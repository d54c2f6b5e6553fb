/** The body of /v1/completions. */

import { z } from "zod";
import {
  answerShape,
  maxTokens,
  modelName,
  optional,
  samplingShape,
  text,
  tokenIds,
} from "./common.ts";

export const completionBody = z.object({
  model: modelName,
  /** A text, several, token ids, or several lists of them. */
  prompt: z
    .union([text, z.array(text).min(1).max(128), tokenIds.min(1), z.array(tokenIds.min(1)).min(1)])
    .transform((value): (string | number[])[] => {
      if (typeof value === "string") return [value];
      return typeof value[0] === "number" ? [value as number[]] : (value as (string | number[])[]);
    }),
  suffix: optional(text),
  best_of: optional(z.int().min(1)),
  echo: optional(z.boolean()),
  ...samplingShape,
  ...answerShape,
  max_tokens: maxTokens,
  logprobs: optional(z.int().min(0).max(20)),
});

export type CompletionBody = z.output<typeof completionBody>;
