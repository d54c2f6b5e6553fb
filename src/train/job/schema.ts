/** Every option of a training config, in one place: `onefold train --help` and docs print this. */

import { z } from "zod";

const count = (min = 1) =>
  z
    .int()
    .min(min)
    .max(2 ** 31);
const positive = () => z.number().positive();
const share = () => z.number().min(0).max(1);

const freshModel = z.strictObject({
  model_type: z.enum(["qwen3", "qwen2"]).default("qwen3").describe("family"),
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
});

const freshTokenizer = z.strictObject({
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

export const trainConfigSchema = z.strictObject({
  model: z
    .union([z.string().min(1), freshModel])
    .describe("folder or ORG/NAME to go on from, or a fresh model in the keys of config.json"),
  tokenizer: z
    .union([z.string().min(1), freshTokenizer])
    .optional()
    .describe("folder or ORG/NAME, or one to learn from the data (default: the model's)"),
  data: z.strictObject({
    files: z
      .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
      .optional()
      .describe("JSONL, Parquet or text; rows of messages, prompt and completion, or text"),
    mix: z
      .array(
        z.strictObject({
          files: z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]),
          name: z.string().min(1).optional(),
          weight: positive().optional(),
        }),
      )
      .min(1)
      .optional()
      .describe("in place of files: data sets {files, name, weight} to draw rows from, streamed"),
    temperature: positive()
      .default(1)
      .describe("mix: rows are drawn in proportion to weight^(1/temperature)"),
    max_length: count(2)
      .default(1024)
      .describe("tokens of a sample: conversations are cut there, texts go on in the next"),
    loss_on: z
      .enum(["assistant", "last", "all"])
      .default("assistant")
      .describe("what is learned: assistant turns, those behind the last question, or all"),
    ignore_empty_think: z
      .boolean()
      .default(false)
      .describe("empty thinking blocks at the beginning of answers are not learned"),
    packing: z
      .enum(["none", "best-fit", "wrapped"])
      .default("none")
      .describe("samples that share a row: whole ones, or all joined and cut"),
    streaming: z.boolean().default(false).describe("read rows as they are needed, not into memory"),
    shuffle_buffer: count().default(4096).describe("streaming: rows that are shuffled at a time"),
    epochs: count().optional().describe("streaming: times that each row comes (default: endless)"),
    fim_rate: share().default(0).describe("share of texts whose middle is moved to the end"),
    fim_lines: share().default(0).describe("of these, those cut between lines, not characters"),
    fim_suffix_first: share().default(0).describe("of these, those that begin with the suffix"),
  }),
  train: z
    .strictObject({
      steps: count().describe("optimiser steps in all"),
      lr: positive().default(3e-4).describe("peak learning rate"),
      schedule: z.enum(["cosine", "wsd", "constant"]).default("cosine").describe("of the rate"),
      warmup: count(0).default(0).describe("steps of linear warm-up"),
      decay_steps: count().optional().describe("wsd: last steps, falling (default: a fifth)"),
      floor: share().default(0.1).describe("rate at the end, as a share of the peak"),
      batch_tokens: count(8).default(4096).describe("most tokens of a micro-batch, with padding"),
      accumulate: count().default(1).describe("micro-batches of a step"),
      clip: z.number().min(0).default(1).describe("largest gradient norm; 0 for no limit"),
      weight_decay: z.number().min(0).default(0.1).describe("of matrices; norms, biases have none"),
      beta1: share().default(0.9).describe("AdamW: decay of the mean gradient"),
      beta2: share().default(0.95).describe("AdamW: decay of the mean square"),
      epsilon: positive().default(1e-8).describe("AdamW: added to the root of the mean square"),
      seed: count(0).default(0).describe("of fresh weights and of the order of the data"),
      threads: count().optional().describe("of the engine (default: physical cores)"),
      save_every: count().default(500).describe("steps between checkpoints"),
      keep: count(0).default(1).describe("older checkpoints kept besides the newest"),
    })
    .describe("the run"),
  output: z.string().min(1).describe("folder of checkpoints, metrics.jsonl and final/"),
  dtype: z.enum(["bf16", "f16", "f32"]).default("bf16").describe("of the weights in final/"),
});

export type TrainConfig = z.output<typeof trainConfigSchema>;
export type FreshModel = z.output<typeof freshModel>;
export type FreshTokenizer = z.output<typeof freshTokenizer>;
