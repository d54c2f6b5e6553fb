/** Options of the run: optimiser, schedule, batches, checkpoints, evaluation. */

import { z } from "zod";
import { atLeastZero, count, paths, positive, share } from "./schema-parts.ts";

export const train = z
  .strictObject({
    steps: count().describe("optimiser steps in all; rounds where answers are sampled"),
    lr: positive().default(3e-4).describe("peak learning rate"),
    schedule: z
      .enum(["cosine", "linear", "wsd", "constant"])
      .default("cosine")
      .describe("of the rate"),
    warmup: count(0).default(0).describe("steps of linear warm-up"),
    decay_steps: count().optional().describe("wsd: last steps, falling (default: a fifth)"),
    floor: share().default(0.1).describe("rate at the end, as a share of the peak"),
    batch_tokens: count(8).default(4096).describe("most tokens of a micro-batch, with padding"),
    accumulate: count().default(1).describe("micro-batches of a step"),
    optimizer: z.enum(["adamw", "lion", "sgd"]).default("adamw").describe("optimiser"),
    muon: z.boolean().default(false).describe("Muon for the matrices of layers"),
    clip: atLeastZero().default(1).describe("largest gradient norm; 0 for no limit"),
    weight_decay: atLeastZero().default(0.1).describe("of matrices; norms, biases have none"),
    beta1: share().default(0.9).describe("AdamW, Lion: decay of the mean gradient"),
    beta2: share().optional().describe("AdamW, Lion: second decay (default: 0.95, Lion 0.99)"),
    epsilon: positive().default(1e-8).describe("AdamW: added to the root of the mean square"),
    momentum: share().default(0.9).describe("SGD: decay of the momentum"),
    nesterov: z.boolean().default(false).describe("SGD: Nesterov's form of the momentum"),
    rates: z
      .array(z.strictObject({ match: z.string().min(1), rate: atLeastZero() }))
      .default([])
      .describe("{match, rate}: rate multiplies lr where a name matches, * any part; last wins"),
    freeze: z
      .array(z.string().min(1))
      .default([])
      .describe("names of parameters that stay as they are, * for any part"),
    ema: share().optional().describe("decay of a moving average, which final/ then holds"),
    divergence: atLeastZero()
      .default(2)
      .describe("stop where the mean of 20 losses exceeds its lowest so many times; 0: never"),
    seed: count(0).default(0).describe("of fresh weights and of the order of the data"),
    threads: count().optional().describe("of the engine (default: physical cores)"),
    memory: z
      .enum(["refuse", "warn"])
      .default("refuse")
      .describe("what to do with a run that needs more memory than is free"),
    save_every: count().default(500).describe("steps between checkpoints"),
    keep: count(0).default(1).describe("older checkpoints kept besides the newest"),
  })
  .describe("the run");

export const evaluation = z.strictObject({
  files: paths().optional().describe("held-out rows of the kinds of the method"),
  share: z.number().positive().max(0.5).optional().describe("or a share of the data, held out"),
  every: count().default(100).describe("steps between evaluations"),
  rows: count().default(256).describe("most held-out rows that are used"),
  accuracy: z
    .boolean()
    .default(false)
    .describe("sft: answers are generated, and compared with those of the rows"),
  samples: count(0).default(4).describe("answers that are generated into samples.jsonl"),
  max_tokens: count().default(128).describe("of a generated answer"),
});
