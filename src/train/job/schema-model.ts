/** Options of fresh models, fresh tokenizers and adapters. */

import { z } from "zod";
import { expertKeys } from "./schema-moe.ts";
import { count, positive } from "./schema-parts.ts";

export const freshModel = z.strictObject({
  model_type: z
    .enum(["qwen3", "qwen2", "qwen3_moe", "qwen2_moe"])
    .default("qwen3")
    .describe("family"),
  hidden_size: count().describe("width of the residual stream"),
  num_hidden_layers: count().describe("layers"),
  num_attention_heads: count().describe("query heads"),
  num_key_value_heads: count().optional().describe("key and value heads (default: query heads)"),
  head_dim: count().optional().describe("channels of a head (default: hidden_size / heads)"),
  intermediate_size: count().optional().describe("width of the MLP (default: 3 x hidden_size)"),
  vocab_size: count().optional().describe("rows of the embedding (default: the tokenizer's size)"),
  max_position_embeddings: count().default(4096).describe("longest context"),
  tie_word_embeddings: z.boolean().default(true).describe("the head reuses the embedding"),
  rms_norm_eps: positive().default(1e-6).describe("epsilon of the norms"),
  rope_theta: positive().default(10_000).describe("base of the rotary frequencies"),
  attention_bias: z.boolean().default(false).describe("biases in attention (qwen3)"),
  initializer_range: positive().default(0.02).describe("deviation of fresh matrices"),
  ...expertKeys,
});

export const freshTokenizer = z.strictObject({
  size: count(260).describe("tokens of a byte-level BPE learned from the data"),
  special_tokens: z
    .array(z.string().min(1))
    .min(1)
    .default(["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    .describe("control tokens; the first pads and ends plain text"),
  chat_template: z
    .string()
    .optional()
    .describe("Jinja file (default: ChatML with <|im_start|> and <|im_end|>)"),
});

export const lora = z.strictObject({
  rank: count().default(16).describe("of the low-rank products"),
  alpha: positive().optional().describe("scale of the products (default: twice the rank)"),
  kind: z.enum(["lora", "rslora", "dora"]).default("lora").describe("form of the adapter"),
  targets: z
    .union([z.literal("all-linear"), z.array(z.string().min(1)).min(1)])
    .default("all-linear")
    .describe("linear maps that are adapted, by the end of their name, as q_proj"),
  quant: z
    .enum(["none", "int8", "int4"])
    .default("none")
    .describe("how the frozen base is held in memory (QLoRA: int4)"),
});
