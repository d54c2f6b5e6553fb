/** One training step after another: gradient program, accumulation, clipping, AdamW. */

import { type NDArray, zeros } from "../graph/ndarray.ts";
import type { Port, Program, WeightSource } from "../graph/program.ts";
import type { DecoderConfig } from "../models/decoder.ts";
import { createSession } from "../runtime/index.ts";
import type { BoundRun, NDArrays, Session } from "../runtime/types.ts";
import { type AdamWOptions, adamwStep, addScratch, clipScale, gradientNorm } from "./adamw.ts";
import { gradientOf, gradientProgram, type LossFunction } from "./gradient.ts";
import { decoderLoss } from "./language-model.ts";
import { createTrainMemory, type ParameterShape, type TrainMemory } from "./memory.ts";
import { Muon, type MuonOptions } from "./muon.ts";
import { rateAt, type Schedule } from "./schedule.ts";

/** What one run of the gradient program takes. */
export interface MicroBatch {
  /** The loss's inputs by name. */
  readonly inputs: NDArrays;
  /** What the loss is a mean over: learned tokens, pairs, … */
  readonly supervised: number;
  /** Tokens computed, padding included. */
  readonly tokens: number;
}

export interface TrainerOptions {
  /** The decoder that is trained; without `loss`, by its next-token loss. */
  readonly config?: DecoderConfig;
  /** Another loss, or another model altogether. */
  readonly loss?: LossFunction;
  /** Starting values, copied in. */
  readonly weights: WeightSource;
  readonly optimizer: AdamWOptions;
  /** Muon for the matrices that `isMuon` names; all else stays with AdamW. */
  readonly muon?: MuonOptions;
  /** Default: the matrices of layers, not embeddings or the head. */
  readonly isMuon?: (parameter: ParameterShape) => boolean;
  /** Peak rate, which the schedule multiplies. */
  readonly learningRate: number;
  readonly schedule: Schedule;
  /** Which parameters decay (default: those with two axes or more). */
  readonly decays?: (parameter: ParameterShape) => boolean;
  readonly threads?: number;
}

export interface StepResult {
  /** Steps done, this one included. */
  readonly step: number;
  /** Mean loss of what is supervised: nats a token for a language model. */
  readonly loss: number;
  /** Before clipping. */
  readonly gradientNorm: number;
  readonly learningRate: number;
  readonly tokens: number;
  readonly supervised: number;
  /** Forward and backward of all micro-batches. */
  readonly gradientSeconds: number;
  /** Norm, clipping and AdamW. */
  readonly optimizerSeconds: number;
}

/** State with a lifetime: the engine's sessions and the memory that they share. */
export class Trainer implements Disposable {
  readonly memory: TrainMemory;
  /** Optimiser steps done. */
  steps = 0;
  readonly config: DecoderConfig | undefined;
  private readonly options: TrainerOptions;
  private readonly session: Session;
  private readonly lossProgram: Program;
  private lossSession: Session | undefined;
  /** Writes the gradients. */
  private readonly first: BoundRun;
  /** Writes the scratch gradients of further micro-batches. */
  private further: BoundRun | undefined;
  private readonly loss = zeros("f32", []);
  private readonly weight = zeros("f32", []);
  private readonly muon: Muon | undefined;

  private constructor(
    options: TrainerOptions,
    memory: TrainMemory,
    session: Session,
    lossProgram: Program,
    muon: Muon | undefined,
  ) {
    this.muon = muon;
    this.options = options;
    this.config = options.config;
    this.memory = memory;
    this.session = session;
    this.lossProgram = lossProgram;
    this.first = this.bind(memory.gradients);
  }

  static async create(options: TrainerOptions): Promise<Trainer> {
    const loss = options.loss ?? (options.config && decoderLoss(options.config));
    if (!loss) throw new Error("Trainer.create: give a decoder's config or a loss");
    const { program, lossProgram, parameters } = gradientProgram(loss);
    const isMuon = options.muon ? (options.isMuon ?? isLayerMatrix) : () => false;
    const memory = createTrainMemory(parameters, options.decays, isMuon);
    for (const [name, array] of memory.parameters) {
      const source = options.weights({ name, dtype: "f32", shape: array.shape });
      (array.data as Float32Array).set(source.data as Float32Array);
    }
    const session = await createSession(program, { threads: options.threads });
    const { threads } = options;
    const muon =
      options.muon &&
      (await Muon.create(memory, parameters.filter(isMuon), { ...options.muon, threads }));
    return new Trainer(options, memory, session, lossProgram, muon);
  }

  /**
   * One optimiser step over micro-batches, whose gradients are weighed by what is supervised: how
   * a batch is cut into micro-batches does not change the update.
   *
   * @throws Error where the loss or a gradient is not finite; parameters are then unchanged
   */
  async step(batches: readonly MicroBatch[], signal?: AbortSignal): Promise<StepResult> {
    const supervised = total(batches, "supervised");
    if (supervised === 0) throw new Error("train: the batch has no supervised token");
    const started = performance.now();
    this.weight.data[0] = 1 / supervised;
    let loss = 0;
    for (const [i, { inputs }] of batches.entries()) {
      if (i > 0) this.further ??= this.bind(this.memory.scratch);
      const run = i > 0 && this.further ? this.further : this.first;
      for (const [name, array] of Object.entries(inputs)) run.rebind(name, array);
      await run.run(signal);
      loss += Number(this.loss.data[0]);
      if (i > 0) addScratch(this.memory);
    }
    const computed = performance.now();
    const step = this.steps + 1;
    const norm = gradientNorm(this.memory);
    if (!Number.isFinite(loss) || !Number.isFinite(norm)) throw this.diverged(step, loss);
    const { optimizer, schedule } = this.options;
    const learningRate = this.options.learningRate * rateAt(schedule, this.steps);
    adamwStep(this.memory, optimizer, { step, learningRate, norm });
    const keep = 1 - learningRate * optimizer.weightDecay;
    await this.muon?.step(clipScale(norm, optimizer.clipNorm), keep, learningRate);
    this.steps = step;
    return {
      step,
      loss,
      gradientNorm: norm,
      learningRate,
      tokens: total(batches, "tokens"),
      supervised,
      gradientSeconds: (computed - started) / 1000,
      optimizerSeconds: (performance.now() - computed) / 1000,
    };
  }

  /** Mean loss of what is supervised in batches, without learning. */
  async evaluate(batches: Iterable<MicroBatch>): Promise<number> {
    const { threads } = this.options;
    this.lossSession ??= await createSession(this.lossProgram, { threads });
    let [sum, count] = [0, 0];
    const weight = zeros("f32", []);
    weight.data[0] = 1;
    const parameters = Object.fromEntries(this.memory.parameters);
    for (const { inputs, supervised } of batches) {
      const { loss } = await this.lossSession.run({ ...parameters, ...inputs, weight });
      sum += Number(loss.data[0]);
      count += supervised;
    }
    return sum / count;
  }

  dispose(): void {
    this.muon?.[Symbol.dispose]();
    this.first.dispose();
    this.further?.dispose();
    this.session.dispose();
    this.lossSession?.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** The gradient program, with its gradients going to `target`. */
  private bind(target: ReadonlyMap<string, NDArray>): BoundRun {
    const outputs: Record<string, NDArray> = { loss: this.loss };
    for (const [name, array] of target) outputs[gradientOf(name)] = array;
    const known = { ...Object.fromEntries(this.memory.parameters), weight: this.weight };
    const rest = this.session.inputs.filter(({ name }) => !(name in known));
    const empty = Object.fromEntries(rest.map((port) => [port.name, placeholder(port)]));
    return this.session.bind({ inputs: { ...known, ...empty }, outputs });
  }

  private diverged(step: number, loss: number): Error {
    const { parameters, gradients } = this.memory;
    const wrong =
      nameOfNonFinite("parameter", parameters) ?? nameOfNonFinite("the gradient of", gradients);
    const what = Number.isFinite(loss) ? "" : `the loss is ${loss}`;
    const where = wrong ? `${what && ", and "}${wrong} is not finite` : "";
    return new Error(
      `train: ${what}${where} at step ${step}; lower the learning rate (train.lr) or check the data`,
    );
  }
}

const isLayerMatrix = ({ name, shape }: ParameterShape): boolean =>
  shape.length === 2 && /(^|\.)(layers|h|blocks)\.\d+\./.test(name);

/** Stands in for an input until the first batch: rank and dtype, every symbolic axis 1. */
const placeholder = ({ dtype, shape }: Port): NDArray =>
  zeros(
    dtype,
    shape.map((axis) => (typeof axis === "number" ? axis : 1)),
  );

const total = (batches: readonly MicroBatch[], key: "supervised" | "tokens"): number =>
  batches.reduce((n, batch) => n + batch[key], 0);

function nameOfNonFinite(kind: string, arrays: ReadonlyMap<string, NDArray>): string | undefined {
  for (const [name, { data }] of arrays) {
    if (!(data as Float32Array).every(Number.isFinite)) return `${kind} ${name}`;
  }
  return undefined;
}
