/** The small decoders of the recipe, and how they are trained on texts. */

import type { Stretch } from "../../src/evaluate/sage/index.ts";
import type { NDArray } from "../../src/graph/ndarray.ts";
import type { WeightSource } from "../../src/graph/program.ts";
import type { Tokenizer } from "../../src/media/text/index.ts";
import type { DecoderConfig } from "../../src/models/index.ts";
import { initialise } from "../../src/nn/index.ts";
import {
  defaultAdamW,
  languageModelGradient,
  microBatch,
  type Sequence,
  Trainer,
} from "../../src/train/index.ts";

/** In the manner of Qwen2; `vocabSize` is that of the tokenizer. */
export const decoderConfig = (vocabSize: number, layers: number, width: number): DecoderConfig => ({
  modelType: "qwen2",
  vocabSize,
  hiddenSize: width,
  intermediateSize: 3 * width,
  layers,
  heads: width / 16,
  kvHeads: width / 16,
  headDim: 16,
  normEpsilon: 1e-6,
  tiedHead: true,
  maxPositions: 64,
  rope: { type: "default", theta: 100, width: 16 },
  windows: new Array<number>(layers).fill(0),
  qkvBias: true,
  outputBias: false,
  qkNorm: false,
  initializerRange: 0.1,
});

export type Text = readonly Stretch[];

export interface TextTraining {
  readonly config: DecoderConfig;
  /** Default: fresh ones. */
  readonly weights?: WeightSource;
  readonly tokenizer: Tokenizer;
  /** What a step learns from, all kinds of texts in each; one that ends with "" ends with the end token. */
  readonly texts: (step: number) => readonly Text[];
  readonly steps: number;
  readonly learningRate: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly onStep?: (step: number, loss: number) => void;
}

/** Supervised training; gives the weights that it ends with. */
export async function trainOnTexts(options: TextTraining): Promise<WeightSource> {
  const { config, tokenizer, texts, steps, seed, signal } = options;
  const initial = initialise(languageModelGradient(config).parameters, seed);
  using trainer = await Trainer.create({
    config,
    weights: options.weights ?? (({ name }) => initial.get(name)!),
    optimizer: { ...defaultAdamW, beta2: 0.99, weightDecay: 0.01 },
    learningRate: options.learningRate,
    schedule: { kind: "cosine", warmup: Math.min(20, steps), steps },
    threads: 1,
  });
  while (trainer.steps < steps) {
    const sequences = texts(trainer.steps).map((text) => toSequence(text, tokenizer));
    const { loss } = await trainer.step([microBatch(sequences)], signal);
    options.onStep?.(trainer.steps, loss);
  }
  return frozen(trainer);
}

/** A copy of what a trainer has learned. */
export function frozen(trainer: Trainer): WeightSource {
  const learned = new Map(
    Array.from(trainer.memory.parameters, ([name, array]): [string, NDArray] => [
      name,
      { ...array, data: (array.data as Float32Array).slice() }, // parameters are f32
    ]),
  );
  return ({ name }) => learned.get(name)!;
}

function toSequence(text: Text, tokenizer: Tokenizer): Sequence {
  const tokens: number[] = [];
  const learned: number[] = [];
  for (const [part, isLearned] of text) {
    const ids = part === "" ? [tokenizer.eosId!] : tokenizer.encode(part);
    for (const id of ids) {
      tokens.push(id);
      learned.push(isLearned ? 1 : 0);
    }
  }
  return { tokens, learned };
}
