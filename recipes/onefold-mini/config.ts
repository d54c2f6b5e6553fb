/** The model and the run that made models/onefold-mini. */

import type { DecoderConfig } from "../../src/models/decoder.ts";
import type { AdamWOptions } from "../../src/train/adamw.ts";
import type { MuonOptions } from "../../src/train/muon.ts";

export const VOCABULARY = 2048;

/** Qwen3 architecture, sized for two CPU cores: 6 layers of width 128, 1.5 M parameters. */
export const model: DecoderConfig = {
  modelType: "qwen3",
  vocabSize: VOCABULARY,
  hiddenSize: 128,
  intermediateSize: 384,
  layers: 6,
  heads: 4,
  kvHeads: 4,
  headDim: 32,
  normEpsilon: 1e-6,
  tiedHead: true,
  maxPositions: 1024,
  rope: { type: "default", theta: 10_000, width: 32 },
  windows: [0, 0, 0, 0, 0, 0],
  qkvBias: false,
  outputBias: false,
  qkNorm: true,
  initializerRange: 0.05,
};

export const optimizer: AdamWOptions = {
  beta1: 0.9,
  beta2: 0.95,
  epsilon: 1e-8,
  weightDecay: 0.1,
  clipNorm: 1,
};

/** For the layers' matrices; half the steps of AdamW to the same loss (README, "Results"). */
export const muon: MuonOptions = {};

export const run = {
  seed: 1,
  learningRate: 2.5e-3,
  /** Tokens of a step, padding included. */
  tokensPerBatch: 2048,
  /** Examples made and sorted by length at a time. */
  poolSize: 2000,
  warmup: 100,
  /** Last part of the steps over which the rate falls to `floor`. */
  decayShare: 0.3,
  floor: 0.02,
};
