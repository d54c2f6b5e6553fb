/** One training step after another: gradient program, accumulation, clipping, optimiser. */

import { type NDArray, zeros } from "../graph/ndarray.ts";
import type { Port, WeightSource } from "../graph/program.ts";
import type { DecoderConfig } from "../models/decoder.ts";
import type { LinearAdapter, ParameterSpec, WeightFormats } from "../nn/scope.ts";
import { createSession } from "../runtime/index.ts";
import type { BoundRun, NDArrays, Session, SessionOptions } from "../runtime/types.ts";
import { CarriedState } from "./carried-state.ts";
import { addScratch, clipScale, gradientNorm } from "./clipping.ts";
import { firstNonFinite } from "./first-non-finite.ts";
import {
  type GradientProgram,
  gradientOf,
  gradientOptionsOf,
  gradientProgram,
  type LossFunction,
} from "./gradient.ts";
import { decoderLoss } from "./language-model.ts";
import { createTrainMemory, type ParameterShape, type TrainMemory } from "./memory.ts";
import { Muon, type MuonOptions } from "./muon.ts";
import { averageStep, type OptimizerOptions, optimizerStep } from "./optimizer.ts";
import { rateAt, type Schedule } from "./schedule.ts";
import { inputsFor, sessionOptions } from "./sessions.ts";
import { StepAhead } from "./step-ahead.ts";
import { StepSums } from "./step-sums.ts";

/** What one run of the gradient program takes. */
export interface MicroBatch {
  /** The loss's inputs by name. */
  readonly inputs: NDArrays;
  /** What the loss is a mean over: learned tokens, pairs, … */
  readonly supervised: number;
  /** Tokens computed, padding included. */
  readonly tokens: number;
  /** Tokens of each row, behind which there is padding (left out: not known). */
  readonly lengths?: readonly number[];
  /** Where its samples come from, for errors. */
  readonly origin?: string;
}

export interface TrainerOptions {
  /** The decoder that is trained; without `loss`, by its next-token loss. */
  readonly config?: DecoderConfig;
  /** Another loss, or another model altogether. */
  readonly loss?: LossFunction;
  /** The loss of `evaluate` (default: the same), e.g. without terms that only training needs. */
  readonly evaluation?: LossFunction;
  /** Starting values: copied where trained, used in place where frozen. */
  readonly weights: WeightSource;
  /** Which parameters are trained (default: all). Frozen ones have no gradient and no moments. */
  readonly trains?: (parameter: ParameterSpec) => boolean;
  /** How frozen weights are quantised, by name. */
  readonly formats?: WeightFormats;
  /** Changes linear maps (default: `config.lora`, of which then only the factors are trained). */
  readonly adapter?: LinearAdapter;
  readonly optimizer: OptimizerOptions;
  /** Muon for the matrices that `isMuon` names; all else stays with `optimizer`. */
  readonly muon?: MuonOptions;
  /** Default: the matrices of layers, not embeddings or the head. */
  readonly isMuon?: (parameter: ParameterShape) => boolean;
  /** Peak rate, which the schedule multiplies. */
  readonly learningRate: number;
  /** Multiplies the rate of a parameter (default 1); 0 leaves it to whoever writes it. */
  readonly rateOf?: (parameter: ParameterShape) => number;
  readonly schedule: Schedule;
  /** Which parameters decay (default: those with two axes or more). */
  readonly decays?: (parameter: ParameterShape) => boolean;
  /** Keep a moving average of the parameters with this decay, in `memory.averages`. */
  readonly average?: number;
  /**
   * Called after each update with the loss's sums (`StepResult.sums`): may write parameters that
   * are left to it (`rateOf` 0). What it returns joins the step's metrics.
   */
  readonly afterUpdate?: (
    parameters: ReadonlyMap<string, NDArray>,
    sums: NDArrays,
  ) => Readonly<Record<string, number>>;
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
  /** The loss's scalar metrics, as means of what is supervised. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Its other metrics, summed over the step: valid until the next one. */
  readonly sums: NDArrays;
  /** Forward and backward of all micro-batches. */
  readonly gradientSeconds: number;
  /** Norm, clipping and the optimiser. */
  readonly optimizerSeconds: number;
}

/** State with a lifetime: the engine's sessions and the memory that they share. */
export class Trainer implements Disposable {
  readonly memory: TrainMemory;
  /** Optimiser steps done. */
  steps = 0;
  readonly config: DecoderConfig | undefined;
  private readonly options: TrainerOptions;
  private readonly engine: SessionOptions;
  private readonly session: Session;
  private readonly programs: GradientProgram;
  private lossSession: Session | undefined;
  /** Writes the gradients. */
  private readonly first: BoundRun;
  /** Writes the scratch gradients of further micro-batches. */
  private further: BoundRun | undefined;
  private readonly loss = zeros("f32", []);
  private readonly weight = zeros("f32", []);
  private readonly carried: CarriedState;
  private readonly sums: StepSums;
  private readonly ahead: StepAhead | undefined;
  private readonly muon: Muon | undefined;

  private constructor(
    options: TrainerOptions,
    engine: SessionOptions,
    memory: TrainMemory,
    session: Session,
    programs: GradientProgram,
    ahead: StepAhead | undefined,
    muon: Muon | undefined,
  ) {
    this.ahead = ahead;
    this.muon = muon;
    this.options = options;
    this.engine = engine;
    this.config = options.config;
    this.memory = memory;
    this.session = session;
    this.programs = programs;
    this.carried = new CarriedState(programs.traced);
    this.sums = new StepSums(programs.traced);
    this.first = this.bind(memory.gradients);
  }

  static async create(options: TrainerOptions): Promise<Trainer> {
    const loss = options.loss ?? (options.config && decoderLoss(options.config));
    if (!loss) throw new Error("Trainer.create: give a decoder's config or a loss");
    const { config, threads, weights } = options;
    const differentiated = gradientOptionsOf(config, options);
    const [quantised] = differentiated.formats?.keys() ?? [];
    if (quantised !== undefined && !differentiated.trains) {
      throw new Error(
        `Trainer.create: ${quantised} is quantised, which cannot be trained; train an adapter ` +
          "(config.lora), or load the model without quant",
      );
    }
    const programs = gradientProgram(loss, differentiated);
    const { parameters } = programs;
    if (parameters.length === 0) throw new Error("Trainer.create: no parameter is trained");
    const isMuon = options.muon ? (options.isMuon ?? isLayerMatrix) : () => false;
    const { decays = isMatrix, rateOf = () => 1 } = options;
    const memory = createTrainMemory(parameters, (p) => ({
      decays: decays(p),
      isMuon: isMuon(p),
      rate: rateOf(p),
    }));
    for (const [name, array] of memory.parameters) {
      const source = weights({ name, dtype: "f32", shape: array.shape });
      (array.data as Float32Array).set(source.data as Float32Array);
      if (options.average !== undefined) {
        (memory.averages.get(name)!.data as Float32Array).set(array.data as Float32Array);
      }
    }
    const engine = sessionOptions({ threads, weights, formats: differentiated.formats });
    const session = await createSession(programs.program, engine);
    const ahead = await StepAhead.create(programs, engine);
    const matrices = parameters.filter(isMuon);
    const muon =
      options.muon && (await Muon.create(memory, matrices, { ...options.muon, rateOf, threads }));
    return new Trainer(options, engine, memory, session, programs, ahead, muon);
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
    this.carried.reset();
    this.sums.reset();
    await this.ahead?.compute(Object.fromEntries(this.memory.parameters), batches, signal);
    let loss = 0;
    for (const [i, batch] of batches.entries()) {
      if (i > 0) this.further ??= this.bind(this.memory.scratch);
      const run = i > 0 && this.further ? this.further : this.first;
      for (const [name, array] of Object.entries(batch.inputs)) run.rebind(name, array);
      this.carried.bind(run);
      await run.run(signal);
      const part = Number(this.loss.data[0]);
      if (!Number.isFinite(part)) throw await this.diverged(batch, `the loss is ${part}`);
      loss += part;
      this.carried.advance();
      this.sums.add();
      if (i > 0) addScratch(this.memory);
    }
    const computed = performance.now();
    const norm = gradientNorm(this.memory);
    if (!Number.isFinite(norm)) {
      throw await this.diverged(batches[batches.length - 1], "a gradient is not finite");
    }
    const { learningRate, extra } = await this.update(norm);
    return {
      step: this.steps,
      loss,
      gradientNorm: norm,
      learningRate,
      tokens: total(batches, "tokens"),
      supervised,
      metrics: { ...this.sums.means(supervised), ...extra },
      sums: this.sums.arrays,
      gradientSeconds: (computed - started) / 1000,
      optimizerSeconds: (performance.now() - computed) / 1000,
    };
  }

  /** Sections of the memory that a checkpoint needs besides the parameters. */
  get stateSections(): readonly ("means" | "squares" | "averages")[] {
    const { kind } = this.options.optimizer;
    return [
      "means",
      ...(kind === undefined || kind === "adamw" ? (["squares"] as const) : []),
      ...(this.options.average === undefined ? [] : (["averages"] as const)),
    ];
  }

  /** Mean loss of what is supervised in batches, without learning. */
  async evaluate(batches: Iterable<MicroBatch>): Promise<number> {
    this.lossSession ??= await createSession(this.programs.lossProgram, this.engine);
    const session = this.lossSession;
    let [sum, count] = [0, 0];
    const weight = zeros("f32", []);
    weight.data[0] = 1;
    this.carried.reset();
    const fixed = { ...this.fixed, weight };
    for (const { inputs, supervised } of batches) {
      const given = inputsFor(session, { ...fixed, ...inputs });
      const { loss } = await session.run(given, { fetch: ["loss"] });
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
    this.ahead?.[Symbol.dispose]();
    this.lossSession?.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** What every run of the program reads, besides the batch. */
  private get fixed(): Record<string, NDArray> {
    return {
      ...Object.fromEntries(this.memory.parameters),
      ...this.carried.inputs,
      ...this.ahead?.inputs,
      weight: this.weight,
    };
  }

  /** @returns the rate that was used, and what `afterUpdate` reports */
  private async update(norm: number) {
    const { optimizer, schedule, average } = this.options;
    const learningRate = this.options.learningRate * rateAt(schedule, this.steps);
    optimizerStep(this.memory, optimizer, { step: this.steps + 1, learningRate, norm });
    await this.muon?.step(clipScale(norm, optimizer.clipNorm), learningRate, optimizer.weightDecay);
    const extra = this.options.afterUpdate?.(this.memory.parameters, this.sums.arrays);
    if (average !== undefined) averageStep(this.memory, average);
    this.steps++;
    return { learningRate, extra };
  }

  /** The gradient program, with its gradients going to `target`. */
  private bind(target: ReadonlyMap<string, NDArray>): BoundRun {
    const outputs: Record<string, NDArray> = {
      loss: this.loss,
      ...this.sums.outputs,
      ...this.carried.outputs,
    };
    for (const [name, array] of target) outputs[gradientOf(name)] = array;
    const known = this.fixed;
    const rest = this.session.inputs.filter(({ name }) => !(name in known));
    const empty = Object.fromEntries(rest.map((port) => [port.name, placeholder(port)]));
    return this.session.bind({ inputs: { ...known, ...empty }, outputs });
  }

  /** The error of a step whose loss or gradients are not finite: what first went wrong, and where. */
  private async diverged(batch: MicroBatch, what: string): Promise<Error> {
    const { threads, weights } = this.options;
    this.carried.reset();
    const inputs = { ...this.fixed, ...batch.inputs };
    const found = await firstNonFinite(this.programs, inputs, { threads, weights });
    const where = found ? `, first: ${found}` : "";
    const origin = batch.origin ? ` (batch: ${batch.origin})` : "";
    return new Error(
      `train: ${what} at step ${this.steps + 1}${origin}${where}; ` +
        "lower the learning rate (train.lr) or check the data",
    );
  }
}

const isMatrix = ({ shape }: ParameterShape): boolean => shape.length >= 2;
/** What Muon updates unless told otherwise. */
export const isLayerMatrix = ({ name, shape }: ParameterShape): boolean =>
  shape.length === 2 && /(^|\.)(layers|h|blocks)\.\d+\./.test(name);

/** Stands in for an input until the first batch: rank and dtype, every symbolic axis 1. */
const placeholder = ({ dtype, shape }: Port): NDArray =>
  zeros(
    dtype,
    shape.map((axis) => (typeof axis === "number" ? axis : 1)),
  );

const total = (batches: readonly MicroBatch[], key: "supervised" | "tokens"): number =>
  batches.reduce((n, batch) => n + batch[key], 0);
