/** Small mixtures of experts trained from nothing, and what their routers did on the way. */

import { type NDArray, toValues } from "../../src/graph/ndarray.ts";
import type { WeightSource } from "../../src/graph/program.ts";
import { decoderSpecs } from "../../src/models/decoder-parameters.ts";
import type { DecoderConfig } from "../../src/models/index.ts";
import { initialise, type RouterOptions } from "../../src/nn/index.ts";
import {
  type BalanceOptions,
  decoderLoss,
  exceptExpertBias,
  type MicroBatch,
  summarizeLoad,
  Trainer,
  updateExpertBias,
  withBalance,
} from "../../src/train/index.ts";
import { type TinySettings, type TrainingContext, tinyDecoder } from "./pretrain.ts";

export interface SparseSettings extends TinySettings {
  readonly experts: number;
  /** Width of an expert. */
  readonly expertInner: number;
}

export interface SparseArm {
  readonly topK: number;
  readonly router?: RouterOptions;
  readonly balance: BalanceOptions;
  /** By how much a step moves the routers' biases (default: there is none). */
  readonly biasRate?: number;
}

export interface SparseData {
  /** The micro-batches of a step, from 1. */
  batches(step: number): MicroBatch[];
  readonly held: readonly MicroBatch[];
}

/** A decoder in the manner of Qwen3-MoE: experts in every layer, none of them shared. */
export const sparseDecoder = (s: SparseSettings, { topK, router }: SparseArm): DecoderConfig => ({
  ...tinyDecoder(s),
  moe: {
    experts: s.experts,
    topK,
    inner: s.expertInner,
    normalise: false,
    sharedInner: 0,
    layers: new Array<boolean>(s.layers).fill(true),
    ...(router && { router }),
  },
});

export interface SparseResult {
  readonly weights: WeightSource;
  /** On held-out batches; experts there have room for all. */
  readonly loss: number;
  /** In the last tenth of training: standard deviation over mean of what experts computed. */
  readonly variation: number;
  /** The same, share of choices without room, in percent. */
  readonly dropped: number;
  readonly curve: readonly (readonly [step: number, loss: number])[];
}

/** AdamW (0.9, 0.95), weight decay 0.1, 5 % warm-up, cosine to a tenth; one thread. */
export async function trainSparse(
  config: DecoderConfig,
  arm: SparseArm,
  s: SparseSettings,
  data: SparseData,
  { seed, signal, progress }: TrainingContext,
): Promise<SparseResult> {
  const fresh = initialise(decoderSpecs(config).values(), seed);
  const shared = {
    weights: ({ name }: { name: string }) => fresh.get(name)!,
    optimizer: { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, clipNorm: 1 },
    learningRate: s.learningRate,
    schedule: {
      kind: "cosine",
      warmup: Math.round(0.05 * s.steps),
      steps: s.steps,
      floor: 0.1,
    },
    rateOf: exceptExpertBias,
    threads: 1,
  } as const;
  using trainer = await Trainer.create({
    ...shared,
    config,
    loss: withBalance(decoderLoss(config), arm.balance),
  });
  const curve: [number, number][] = [];
  const last = Math.max(1, Math.round(s.steps / 10));
  const every = Math.ceil(s.steps / 10);
  let [variation, dropped] = [0, 0];
  for (let step = 1; step <= s.steps; step++) {
    signal.throwIfAborted();
    const { metrics, sums } = await trainer.step(data.batches(step), signal);
    if (arm.biasRate !== undefined) {
      updateExpertBias(trainer.memory.parameters, sums.moe_counts!, arm.biasRate);
    }
    if (step > s.steps - last) {
      variation += variationOf(sums.moe_processed!) / last;
      dropped += (100 * metrics.moe_dropped!) / last;
    }
    if (step % every === 0 || step === s.steps) {
      curve.push([step, metrics.task_loss!]);
      progress(step / s.steps, `loss ${metrics.task_loss!.toFixed(3)}`);
    }
  }
  const weights = new Map<string, NDArray>(
    Array.from(trainer.memory.parameters, ([name, { dtype, shape, data }]) => [
      name,
      { dtype, shape, data: data.slice() } as NDArray, // the trainer's memory goes with it
    ]),
  );
  const source: WeightSource = ({ name }) => weights.get(name)!;
  // A plain loss: without balance terms, and nothing is dropped.
  using measured = await Trainer.create({ ...shared, config, weights: source });
  const loss = await measured.evaluate(data.held);
  return { weights: source, loss, variation, dropped, curve };
}

/** Mean over layers. */
function variationOf(load: NDArray): number {
  const [layers, experts] = load.shape as [number, number]; // as withBalance says
  const values = toValues(load) as number[];
  const each = Array.from(
    { length: layers },
    (_, i) => summarizeLoad(values.slice(i * experts, (i + 1) * experts)).variation,
  );
  return each.reduce((a, b) => a + b, 0) / layers;
}
