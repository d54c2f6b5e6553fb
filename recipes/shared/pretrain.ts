/** Small decoders trained from nothing on the copy language, and how they are measured. */

import type { NDArray } from "../../src/graph/ndarray.ts";
import { lower } from "../../src/graph/onnx/lowering.ts";
import type { WeightSource } from "../../src/graph/program.ts";
import { decoderSpecs } from "../../src/models/decoder-parameters.ts";
import type { DecoderConfig } from "../../src/models/index.ts";
import { createParameters, initialise, type LinearAdapter } from "../../src/nn/index.ts";
import { createSession } from "../../src/runtime/index.ts";
import { decoderLoss, type MicroBatch, Trainer } from "../../src/train/index.ts";
import { batchOf, documents, VOCABULARY } from "./copy-language.ts";

export interface TinySettings {
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly kvHeads: number;
  /** Width of the MLP of a model without gates; those of others are narrower by what gates take. */
  readonly inner: number;
  /** Tokens of a document. */
  readonly length: number;
  /** Documents of a step. */
  readonly batch: number;
  readonly steps: number;
  readonly learningRate: number;
  /** Documents for validation and for measurements. */
  readonly held: number;
}

/** Trials give the same bits whatever else the machine does. */
const THREADS = 1;

/** A decoder in the manner of Qwen3, with what an arm changes; its size is that of the others. */
export function tinyDecoder(
  s: TinySettings,
  change: Pick<DecoderConfig, "gate" | "norm"> = {},
): DecoderConfig {
  const headDim = s.hidden / s.heads;
  const base: DecoderConfig = {
    modelType: "onefold",
    vocabSize: VOCABULARY,
    hiddenSize: s.hidden,
    intermediateSize: s.inner,
    layers: s.layers,
    heads: s.heads,
    kvHeads: s.kvHeads,
    headDim,
    normEpsilon: 1e-6,
    tiedHead: true,
    maxPositions: s.length,
    rope: { type: "default", theta: 10_000, width: headDim },
    windows: new Array<number>(s.layers).fill(0),
    qkvBias: false,
    outputBias: false,
    qkNorm: true,
    initializerRange: 0.02,
  };
  const extra = parameterCount({ ...base, ...change }) - parameterCount(base);
  const intermediateSize = Math.round(s.inner - extra / (3 * s.hidden * s.layers));
  return { ...base, ...change, intermediateSize };
}

export const parameterCount = (c: DecoderConfig): number =>
  [...decoderSpecs(c).values()].reduce((n, { shape }) => n + shape.reduce((a, b) => a * b, 1), 0);

export interface TrainingContext {
  readonly seed: number;
  readonly signal: AbortSignal;
  progress(share: number, note?: string): void;
}

export interface TrainedTiny {
  /** Of the last step, or of the step before the loss left the finite numbers. */
  readonly weights: WeightSource;
  readonly hasDiverged: boolean;
  /** Validation loss by step. */
  readonly curve: readonly (readonly [step: number, loss: number])[];
}

const CURVE_POINTS = 8;

/** What is learned: the batch of a step (from 1), and one that is only measured. */
export interface TrainingData {
  batch(step: number): MicroBatch;
  readonly held: MicroBatch;
}

const copyLanguage = (s: TinySettings, seed: number): TrainingData => ({
  batch: (step) => batchOf(documents(s.batch, s.length, seed, `step ${step}`)),
  held: batchOf(documents(s.held, s.length, seed, "validation")),
});

/** AdamW (0.9, 0.95), weight decay 0.1, 5 % warm-up, cosine to a tenth. */
export async function pretrain(
  config: DecoderConfig,
  s: TinySettings,
  { seed, signal, progress }: TrainingContext,
  data = copyLanguage(s, seed),
): Promise<TrainedTiny> {
  const fresh = initialise(decoderSpecs(config).values(), seed);
  using trainer = await Trainer.create({
    config,
    weights: ({ name }) => fresh.get(name)!,
    optimizer: { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, clipNorm: 1 },
    learningRate: s.learningRate,
    schedule: { kind: "cosine", warmup: Math.round(0.05 * s.steps), steps: s.steps, floor: 0.1 },
    threads: THREADS,
  });
  const curve: [number, number][] = [];
  const every = Math.ceil(s.steps / CURVE_POINTS);
  let hasDiverged = false;
  for (let step = 1; step <= s.steps && !hasDiverged; step++) {
    signal.throwIfAborted();
    try {
      await trainer.step([data.batch(step)], signal);
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith("train: "))) throw error;
      hasDiverged = true; // a result, not a failure of the recipe
    }
    if (step % every === 0 || step === s.steps) {
      const loss = await trainer.evaluate([data.held]);
      curve.push([step, loss]);
      progress(step / s.steps, `loss ${loss.toFixed(3)}`);
    }
  }
  const weights = new Map<string, NDArray>(
    Array.from(trainer.memory.parameters, ([name, { dtype, shape, data }]) => [
      name,
      { dtype, shape, data: data.slice() } as NDArray, // the trainer's memory goes with it
    ]),
  );
  return { weights: ({ name }) => weights.get(name)!, hasDiverged, curve };
}

/** What a guess without any knowledge loses: what a run that diverged counts with. */
export const UNIFORM_LOSS = Math.log(VOCABULARY);

/**
 * Mean next-token loss over documents.
 *
 * @param adapter changes the linear maps, e.g. rounds what they multiply
 */
export async function lossOf(
  config: DecoderConfig,
  weights: WeightSource,
  docs: readonly (readonly number[])[],
  adapter?: LinearAdapter,
): Promise<number> {
  const { root } = createParameters("f32", undefined, { adapter });
  const { inputs, total } = decoderLoss(config)(root);
  const program = lower({ inputs, outputs: { total } });
  using session = await createSession(program, { weights, threads: THREADS });
  let [sum, count] = [0, 0];
  for (const doc of docs) {
    const { inputs: feeds, supervised } = batchOf([doc]);
    sum += Number((await session.run(feeds)).total.data[0]);
    count += supervised;
  }
  return sum / count;
}
