/** Task models of a few kilobytes: a byte tokenizer with bins and codes, both bodies, all modalities. */

import type { NDArray } from "../../src/graph/ndarray.ts";
import { figureSkeleton } from "../../src/media/index.ts";
import { loadTokenizer, trainBpe } from "../../src/media/text/index.ts";
import type { Audio, Image, Motion, Video } from "../../src/media/types.ts";
import type { ImageCodes } from "../../src/models/image-codes.ts";
import { createRandom, initialise, type ParameterSpec } from "../../src/nn/index.ts";
import {
  chatMarks,
  createVocabulary,
  type Plan,
  type PreparedSample,
  type PrepareOptions,
  parseInstruction,
  planOf,
  prepareSample,
  spanMarks,
  type TaskModelConfig,
  type TaskRecord,
  type Vocabulary,
} from "../../src/task/index.ts";
import { gradientGraph, type LossFunction } from "../../src/train/gradient.ts";
import { defaultAdamW, Trainer } from "../../src/train/index.ts";
import { smallConfig } from "../models/ofa/support.ts";
import { tiny } from "../train/sequences.ts";

export const BINS = 9;
/** 2 x 2 patches of 6 codes. */
export const codes: ImageCodes = { size: 8, patch: 4, levels: [3, 2], width: 32, layers: 1 };
const CODES = 6;

const block = (name: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `<${name}_${i}>`);
const specialTokens = [
  ...["<|im_start|>", "<|im_end|>", "<think>", "</think>", "<s>", "</s>"],
  ...block("bin", BINS),
  ...block("code", CODES),
];
const json = trainBpe(["\n\n \n\n \n\n"], { vocabSize: 257 + specialTokens.length, specialTokens });
export const tokenizer = await loadTokenizer({ tokenizer: json, config: {} });

const blocks = { bins: BINS, codes: CODES };
export const vocabulary = createVocabulary(tokenizer, chatMarks(tokenizer), blocks);
export const spans = createVocabulary(tokenizer, spanMarks(tokenizer), {
  ...blocks,
  alwaysBlank: true,
});

const [features, maxFrames] = [6 + 6 * figureSkeleton.joints.length, 10];
const adaptors: Omit<TaskModelConfig, "body"> = {
  bins: BINS,
  image: { size: 16, patch: 4, layers: 1, merge: 2 },
  video: { size: 8, patch: 4, frames: 3, layers: 1 },
  audio: { mels: 4, stack: 2, layers: 1, merge: 2, maxPositions: 10 },
  codes,
  speech: { mels: 4, stack: 2, sampleRate: 16_000, mean: -4, deviation: 3, maxPositions: 12 },
  motion: {
    features,
    maxFrames,
    rate: 10,
    mean: Array.from({ length: features }, (_, i) => i / 100),
    deviation: Array.from({ length: features }, (_, i) => 1 + i / 50),
  },
};

/** The decoder of the trainer's tests, 32 wide. */
export const decoderModel: TaskModelConfig = {
  ...adaptors,
  body: {
    kind: "decoder",
    config: {
      ...tiny,
      vocabSize: tokenizer.vocabSize,
      hiddenSize: 32,
      heads: 4,
      kvHeads: 2,
      maxPositions: 512,
    },
  },
};

export const ofaModel: TaskModelConfig = {
  ...adaptors,
  body: {
    kind: "ofa",
    config: smallConfig({
      vocab_size: tokenizer.vocabSize,
      encoder_layers: 1,
      decoder_layers: 1,
    }),
  },
};

export const preparation: PrepareOptions = {
  config: decoderModel,
  vocabulary,
  encodeImage: async () => [5, 0, 3, 2],
};

export const plan = (text: string): Plan => planOf(parseInstruction(text));

export const prepare = (
  text: string,
  record: TaskRecord,
  options: Partial<PrepareOptions> = {},
): Promise<PreparedSample> => prepareSample(plan(text), record, { ...preparation, ...options });

/** Words and marks of ids, for reading. */
export const shownIds = (ids: readonly number[], of: Vocabulary = vocabulary): string =>
  of.tokenizer.decode(ids);

export function noiseImage(width: number, height: number, seed = 1): Image {
  const random = createRandom(seed, "image");
  const data = Uint8Array.from({ length: 3 * width * height }, () => random.below(256));
  return { width, height, data };
}

export function tone(samples: number, sampleRate = 16_000): Audio {
  const wave = (_: unknown, i: number): number =>
    0.5 * Math.sin((i * 2 * Math.PI * 440) / sampleRate);
  return { sampleRate, samples: Float32Array.from({ length: samples }, wave) };
}

export const clip = (frames: number): Video => ({
  frames: Array.from({ length: frames }, (_, i) => noiseImage(8, 8, i + 1)),
  times: Array.from({ length: frames }, (_, i) => i / 10),
});

/** A figure that stands still and turns its root a little every frame. */
export function standing(frames: number, skeleton = figureSkeleton): Motion {
  const joints = skeleton.joints.length;
  const rotations = new Float32Array(4 * frames * joints);
  for (let i = 0; i < frames * joints; i++) {
    const angle = i % joints === 0 ? 0.02 * Math.floor(i / joints) : 0;
    rotations.set([Math.cos(angle), 0, Math.sin(angle), 0], 4 * i);
  }
  const root = Float32Array.from({ length: 3 * frames }, (_, i) => (i % 3 === 1 ? 90 : i));
  return { skeleton, frameTime: 0.1, frames, root, rotations };
}

/** Fresh values in which nothing is at zero. */
export function weightsOf(losses: Readonly<Record<string, LossFunction>>): Map<string, NDArray> {
  const specs = new Map<string, ParameterSpec>();
  for (const loss of Object.values(losses)) {
    for (const spec of gradientGraph(loss).parameters) specs.set(spec.name, spec);
  }
  const wide = ({ init }: ParameterSpec) =>
    init.kind === "constant" && init.value === 0
      ? ({ kind: "normal", deviation: 0.1 } as const)
      : init;
  return initialise(
    Array.from(specs.values(), (spec) => ({ ...spec, init: wide(spec) })),
    7,
  );
}

export const createTaskTrainer = (
  losses: Readonly<Record<string, LossFunction>>,
  weights = weightsOf(losses),
): Promise<Trainer> =>
  Trainer.create({
    loss: losses,
    weights: ({ name }) => weights.get(name)!,
    optimizer: { ...defaultAdamW, clipNorm: 0 },
    learningRate: 1e-3,
    schedule: { kind: "constant", warmup: 0, steps: 100 },
    threads: 1,
  });
