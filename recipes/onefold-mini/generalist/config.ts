/** The generalist: onefold-mini's text model, two layers deeper, with adaptors for other modalities. */

import { figureSkeleton } from "../../../src/media/index.ts";
import type { DecoderConfig } from "../../../src/models/decoder.ts";
import { codeCount, type ImageCodes } from "../../../src/models/image-codes.ts";
import type { TaskModelConfig } from "../../../src/task/index.ts";
import { model as text, VOCABULARY } from "../config.ts";

/** Steps in which boxes are told; images are 64 pixels wide. */
const BINS = 64;

/** 72 x 72 pixels as 6 x 6 codes out of 625: four patches are one of the nine places of a drawing. */
export const codes: ImageCodes = {
  size: 72,
  patch: 12,
  levels: [5, 5, 5, 5],
  width: 128,
  layers: 2,
};

export const IMAGE = { size: 64, patch: 8, layers: 3, merge: 1, blocks: 1 };

const NEW_LAYERS = 2;
const layers = text.layers + NEW_LAYERS;

const body: DecoderConfig = {
  ...text,
  vocabSize: VOCABULARY + BINS + codeCount(codes),
  layers,
  windows: Array<number>(layers).fill(0),
};

/** Seconds and frames a second of a motion. */
export const MOTION = { duration: 2, framesPerSecond: 20 };

/** @param motion mean and deviation of each number of a frame, over training's motions */
export const generalist = (motion: {
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}): TaskModelConfig => ({
  body: { kind: "decoder", config: body },
  bins: BINS,
  image: IMAGE,
  video: { size: 32, patch: 8, layers: 2, frames: 8, merge: 2 },
  audio: { mels: 80, stack: 4, layers: 3, maxPositions: 64, merge: 2 },
  codes,
  motion: {
    features: 6 + 6 * figureSkeleton.joints.length,
    maxFrames: MOTION.duration * MOTION.framesPerSecond,
    rate: MOTION.framesPerSecond,
    // Errors at little noise would outweigh those that a text can mend.
    mostErrorWeight: 1,
    ...motion,
  },
});

export const run = {
  seed: 1,
  learningRate: 1.5e-3,
  /** Positions of a micro-batch, padding included, and micro-batches of a step. */
  positions: 2048,
  accumulate: 4,
  /** Samples of a task made at a time. */
  poolSize: 400,
  warmup: 100,
  decayShare: 0.4,
  floor: 0.02,
};
