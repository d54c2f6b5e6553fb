/** One training step after another: gradient program, accumulation, clipping, optimiser. */

import type { NDArray } from "../graph/ndarray.ts";
import type { WeightSource } from "../graph/program.ts";
import type { DecoderConfig } from "../models/decoder.ts";
import type { LinearAdapter, ParameterSpec, WeightFormats } from "../nn/scope.ts";
import type { NDArrays, SessionOptions } from "../runtime/types.ts";
import { addScratch, clipScale, gradientNorm } from "./clipping.ts";
import {
  type GradientGraph,
  gradientGraph,
  gradientOptionsOf,
  type LossFunction,
  lowerGradient,
} from "./gradient.ts";
import { GradientRun } from "./gradient-run.ts";
import { decoderLoss } from "./language-model.ts";
import { createTrainMemory, type ParameterShape, type TrainMemory } from "./memory.ts";
import { Muon, type MuonOptions } from "./muon.ts";
import { averageStep, type OptimizerOptions, optimizerStep } from "./optimizer.ts";
import { rateAt, type Schedule } from "./schedule.ts";
import { sessionOptions } from "./sessions.ts";
import { joinSums } from "./step-sums.ts";

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
  /** Which of several losses it is for (`TrainerOptions.loss`). */
  readonly loss?: string;
  /** Whose loss is reported by itself, as the metric `loss/<task>`. */
  readonly task?: string;
}

export interface TrainerOptions {
  /** The decoder that is trained; without `loss`, by its next-token loss. */
  readonly config?: DecoderConfig;
  /**
   * Another loss, or another model altogether; or several by name, over the parameters of all of
   * them: each micro-batch says which it is for.
   */
  readonly loss?: LossFunction | Readonly<Record<string, LossFunction>>;
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

/** The name of the only loss. */
const ONLY = "";

/** State with a lifetime: the engine's sessions and the memory that they share. */
export class Trainer implements Disposable {
  readonly memory: TrainMemory;
  /** Optimiser steps done. */
  steps = 0;
  readonly config: DecoderConfig | undefined;
  private readonly options: TrainerOptions;
  private readonly engine: SessionOptions;
  private readonly graphs: ReadonlyMap<string, GradientGraph>;
  /** Losses that were used so far. */
  private readonly runs = new Map<string, Promise<GradientRun>>();
  private readonly opened: GradientRun[] = [];
  private readonly muon: Muon | undefined;

  private constructor(
    options: TrainerOptions,
    engine: SessionOptions,
    memory: TrainMemory,
    graphs: ReadonlyMap<string, GradientGraph>,
    muon: Muon | undefined,
  ) {
    this.muon = muon;
    this.options = options;
    this.engine = engine;
    this.config = options.config;
    this.memory = memory;
    this.graphs = graphs;
  }

  static async create(options: TrainerOptions): Promise<Trainer> {
    const { config, threads, weights } = options;
    const loss = options.loss ?? (config && decoderLoss(config));
    if (!loss) throw new Error("Trainer.create: give a decoder's config or a loss");
    const differentiated = gradientOptionsOf(config, options);
    const [quantised] = differentiated.formats?.keys() ?? [];
    if (quantised !== undefined && !differentiated.trains) {
      throw new Error(
        `Trainer.create: ${quantised} is quantised, which cannot be trained; train an adapter ` +
          "(config.lora), or load the model without quant",
      );
    }
    const losses = typeof loss === "function" ? { [ONLY]: loss } : loss;
    const graphs = new Map(
      Object.entries(losses).map(([name, f]) => [name, gradientGraph(f, differentiated)]),
    );
    const parameters = parametersOf(graphs.values());
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
    const matrices = parameters.filter(isMuon);
    const muon =
      options.muon && (await Muon.create(memory, matrices, { ...options.muon, rateOf, threads }));
    const trainer = new Trainer(options, engine, memory, graphs, muon);
    const [first, ...others] = graphs.keys();
    if (others.length === 0) await trainer.runOf({ loss: first });
    return trainer;
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
    const runs = await Promise.all(batches.map((batch) => this.runOf(batch)));
    const used = new Set(runs);
    for (const run of used) {
      const own = batches.filter((_, i) => runs[i] === run);
      await run.start(1 / supervised, own, signal);
    }
    const parts: number[] = [];
    for (const [i, batch] of batches.entries()) {
      const part = await runs[i].run(batch.inputs, i === 0 ? "gradients" : "scratch", signal);
      if (!Number.isFinite(part)) throw await this.diverged(batch, `the loss is ${part}`);
      parts.push(part);
      if (i > 0) addScratch(this.memory);
    }
    const computed = performance.now();
    const norm = gradientNorm(this.memory);
    if (!Number.isFinite(norm)) {
      throw await this.diverged(batches[batches.length - 1], "a gradient is not finite");
    }
    const reported = joinSums(
      Array.from(used, (run) => run.sums),
      supervised,
    );
    const { learningRate, extra } = await this.update(norm, reported.arrays);
    return {
      step: this.steps,
      loss: parts.reduce((sum, part) => sum + part, 0),
      gradientNorm: norm,
      learningRate,
      tokens: total(batches, "tokens"),
      supervised,
      metrics: {
        ...lossesByTask(batches, parts, supervised),
        ...reported.means,
        ...extra,
      },
      sums: reported.arrays,
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
    let [sum, count] = [0, 0];
    for (const batch of batches) {
      sum += await (await this.runOf(batch)).evaluate(batch.inputs);
      count += batch.supervised;
    }
    return sum / count;
  }

  dispose(): void {
    this.muon?.[Symbol.dispose]();
    for (const run of this.opened) run[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** The loss that a micro-batch is for, lowered and loaded when first used. */
  private runOf({ loss = ONLY }: { readonly loss?: string }): Promise<GradientRun> {
    const known = this.runs.get(loss);
    if (known) return known;
    const graph = this.graphs.get(loss);
    if (!graph) {
      const names = [...this.graphs.keys()].join(", ");
      throw new Error(`train: a batch is for the loss "${loss}"; expected one of ${names}`);
    }
    const run = GradientRun.create(lowerGradient(graph), this.memory, this.engine).then(
      (opened) => {
        this.opened.push(opened);
        return opened;
      },
    );
    this.runs.set(loss, run);
    return run;
  }

  /** @returns the rate that was used, and what `afterUpdate` reports */
  private async update(norm: number, sums: NDArrays) {
    const { optimizer, schedule, average } = this.options;
    const learningRate = this.options.learningRate * rateAt(schedule, this.steps);
    optimizerStep(this.memory, optimizer, { step: this.steps + 1, learningRate, norm });
    await this.muon?.step(clipScale(norm, optimizer.clipNorm), learningRate, optimizer.weightDecay);
    const extra = this.options.afterUpdate?.(this.memory.parameters, sums);
    if (average !== undefined) averageStep(this.memory, average);
    this.steps++;
    return { learningRate, extra };
  }

  /** The error of a step whose loss or gradients are not finite: what first went wrong, and where. */
  private async diverged(batch: MicroBatch, what: string): Promise<Error> {
    const found = await (await this.runOf(batch)).firstNonFinite(batch.inputs);
    const where = found ? `, first: ${found}` : "";
    const origin = batch.origin ? ` (batch: ${batch.origin})` : "";
    return new Error(
      `train: ${what} at step ${this.steps + 1}${origin}${where}; ` +
        "lower the learning rate (train.lr) or check the data",
    );
  }
}

/** Every trained parameter once, in the order of first use. */
function parametersOf(graphs: Iterable<GradientGraph>): ParameterSpec[] {
  const all = new Map<string, ParameterSpec>();
  for (const { parameters } of graphs) {
    for (const spec of parameters) {
      const known = all.get(spec.name);
      if (known && `${known.shape}` !== `${spec.shape}`) {
        throw new Error(
          `Trainer.create: parameter ${spec.name} is [${known.shape}] for one loss and ` +
            `[${spec.shape}] for another`,
        );
      }
      all.set(spec.name, known ?? spec);
    }
  }
  return [...all.values()];
}

/** Each task's own mean loss, from its parts of the step's. */
function lossesByTask(
  batches: readonly MicroBatch[],
  parts: readonly number[],
  supervised: number,
): Record<string, number> {
  const sums = new Map<string, { loss: number; supervised: number }>();
  for (const [i, { task, supervised: own }] of batches.entries()) {
    if (task === undefined) continue;
    const sum = sums.get(task) ?? { loss: 0, supervised: 0 };
    sums.set(task, { loss: sum.loss + parts[i], supervised: sum.supervised + own });
  }
  return Object.fromEntries(
    Array.from(sums, ([task, sum]) => [`loss/${task}`, (sum.loss * supervised) / sum.supervised]),
  );
}

const isMatrix = ({ shape }: ParameterShape): boolean => shape.length >= 2;
/** What Muon updates unless told otherwise. */
export const isLayerMatrix = ({ name, shape }: ParameterShape): boolean =>
  shape.length === 2 && /(^|\.)(layers|h|blocks)\.\d+\./.test(name);

const total = (batches: readonly MicroBatch[], key: "supervised" | "tokens"): number =>
  batches.reduce((n, batch) => n + batch[key], 0);
