/** The bodies of /tokenize, /detokenize, /v1/embeddings and /v1/rerank. */

import { z } from "zod";
import { chatBody } from "./chat.ts";
import { modelName, optional, text, tokenIds } from "./common.ts";

export const tokenizeBody = z.union([
  z.object({ model: modelName, prompt: text, add_special_tokens: optional(z.boolean()) }),
  chatBody.pick({ model: true, messages: true, tools: true, chat_template_kwargs: true }),
]);

export const detokenizeBody = z.object({ model: modelName, tokens: tokenIds });

export const embeddingBody = z.object({
  model: modelName,
  input: z
    .union([
      text.min(1),
      z.array(text.min(1)).min(1).max(2048),
      tokenIds.min(1),
      z.array(tokenIds.min(1)).min(1).max(2048),
    ])
    .transform((value): (string | number[])[] => {
      if (typeof value === "string") return [value];
      return typeof value[0] === "number" ? [value as number[]] : (value as (string | number[])[]);
    }),
  /** Keeps the first so many numbers, for models that are trained for it. */
  dimensions: optional(z.int().min(1)),
  encoding_format: optional(z.enum(["float", "base64"])),
  user: optional(text),
});

export const rerankBody = z.object({
  model: modelName,
  query: text.min(1),
  documents: z
    .array(z.union([text, z.object({ text }).transform((document) => document.text)]))
    .min(1)
    .max(1000),
  top_n: optional(z.int().min(1)),
  return_documents: optional(z.boolean()),
  /** What the reranker is to judge by. */
  instruction: optional(text),
});
