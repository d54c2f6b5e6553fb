/** One training step after another: gradient program, accumulation, clipping, AdamW. */

import { type NDArray, zeros } from "../graph/ndarray.ts";
import type { WeightSource } from "../graph/program.ts";
import type { DecoderConfig } from "../models/decoder.ts";
import { createSession } from "../runtime/index.ts";
import type { BoundRun, Session } from "../runtime/types.ts";
import { type AdamWOptions, adamwStep, gradientNorm } from "./adamw.ts";
import { gradientOf, languageModelGradient } from "./language-model.ts";
import { createTrainMemory, type TrainMemory } from "./memory.ts";
import { rateAt, type Schedule } from "./schedule.ts";

/** Token sequences of one length with the positions that are learned. */
export interface MicroBatch {
  /** i64 [batch, seq] */
  readonly tokens: NDArray;
  /** i64 [supervised]: flat index batch·seq of each position that predicts. */
  readonly rows: NDArray;
  /** i64 [supervised]: the token that follows each. */
  readonly labels: NDArray;
}

export interface TrainerOptions {
  readonly config: DecoderConfig;
  /** Starting values, copied in. */
  readonly weights: WeightSource;
  readonly optimizer: AdamWOptions;
  readonly learningRate: number;
  readonly schedule: Schedule;
  readonly threads?: number;
}

export interface StepResult {
  /** Steps done, this one included. */
  readonly step: number;
  /** Mean negative log-likelihood of a supervised token, in nats. */
  readonly loss: number;
  readonly gradientNorm: number;
  readonly learningRate: number;
  readonly tokens: number;
  readonly supervised: number;
}

/** State with a lifetime: the engine's sessions and the memory that they share. */
export class Trainer implements Disposable {
  readonly memory: TrainMemory;
  /** Optimiser steps done. */
  steps = 0;
  readonly config: DecoderConfig;
  private readonly options: TrainerOptions;
  private readonly session: Session;
  private readonly lossSession: Session;
  private readonly run: BoundRun;
  private readonly loss = zeros("f32", []);
  private readonly weight = zeros("f32", []);
  /** Second gradient memory, for accumulation: made when a step first needs it. */
  private sums: Map<string, Float32Array> | undefined;

  private constructor(
    options: TrainerOptions,
    memory: TrainMemory,
    session: Session,
    lossSession: Session,
  ) {
    this.options = options;
    this.config = options.config;
    this.memory = memory;
    this.session = session;
    this.lossSession = lossSession;
    const none = zeros("i64", [1]);
    const outputs: Record<string, NDArray> = { loss: this.loss };
    for (const [name, array] of memory.gradients) outputs[gradientOf(name)] = array;
    const batch = { tokens: zeros("i64", [1, 1]), rows: none, labels: none, weight: this.weight };
    this.run = session.bind({
      inputs: { ...Object.fromEntries(memory.parameters), ...batch },
      outputs,
    });
  }

  static async create(options: TrainerOptions): Promise<Trainer> {
    const { program, lossProgram, parameters } = languageModelGradient(options.config);
    const memory = createTrainMemory(parameters);
    for (const [name, array] of memory.parameters) {
      const source = options.weights({ name, dtype: "f32", shape: array.shape });
      (array.data as Float32Array).set(source.data as Float32Array);
    }
    const settings = { threads: options.threads };
    const session = await createSession(program, settings);
    const lossSession = await createSession(lossProgram, settings);
    return new Trainer(options, memory, session, lossSession);
  }

  /**
   * One optimiser step over micro-batches, whose gradients are weighed by supervised tokens: how
   * a batch is cut into micro-batches does not change the update.
   *
   * @throws Error where the loss or a gradient is not finite; parameters are then unchanged
   */
  async step(batches: readonly MicroBatch[], signal?: AbortSignal): Promise<StepResult> {
    const supervised = batches.reduce((n, b) => n + b.labels.data.length, 0);
    if (supervised === 0) throw new Error("train: the batch has no supervised token");
    this.weight.data[0] = 1 / supervised;
    let loss = 0;
    for (let i = 0; i < batches.length; i++) {
      this.bindBatch(batches[i]);
      await this.run.run(signal);
      loss += Number(this.loss.data[0]);
      if (batches.length > 1) this.accumulate(i === 0, i === batches.length - 1);
    }
    const step = this.steps + 1;
    const norm = gradientNorm(this.memory);
    if (!Number.isFinite(loss) || !Number.isFinite(norm)) throw this.diverged(step, loss);
    const { optimizer, schedule } = this.options;
    const learningRate = this.options.learningRate * rateAt(schedule, this.steps);
    adamwStep(this.memory, optimizer, { step, learningRate, norm });
    this.steps = step;
    const tokens = batches.reduce((n, b) => n + b.tokens.data.length, 0);
    return { step, loss, gradientNorm: norm, learningRate, tokens, supervised };
  }

  /** Mean loss of a supervised token over batches, without learning. */
  async evaluate(batches: Iterable<MicroBatch>): Promise<number> {
    let [sum, count] = [0, 0];
    const one = zeros("f32", []);
    one.data[0] = 1;
    const parameters = Object.fromEntries(this.memory.parameters);
    for (const batch of batches) {
      const { loss } = await this.lossSession.run({ ...parameters, ...batch, weight: one });
      sum += Number(loss.data[0]);
      count += batch.labels.data.length;
    }
    return sum / count;
  }

  dispose(): void {
    this.run.dispose();
    this.session.dispose();
    this.lossSession.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  private bindBatch({ tokens, rows, labels }: MicroBatch): void {
    this.run.rebind("tokens", tokens);
    this.run.rebind("rows", rows);
    this.run.rebind("labels", labels);
  }

  /** Adds this micro-batch's gradients to the sum; the last one leaves the sum as the gradients. */
  private accumulate(isFirst: boolean, isLast: boolean): void {
    const { gradients } = this.memory;
    this.sums ??= new Map([...gradients].map(([k, a]) => [k, new Float32Array(a.data.length)]));
    for (const [name, array] of gradients) {
      const sum = this.sums.get(name)!;
      const data = array.data as Float32Array;
      if (isFirst) sum.set(data);
      else for (let i = 0; i < sum.length; i++) sum[i] += data[i];
      if (isLast) data.set(sum);
    }
  }

  private diverged(step: number, loss: number): Error {
    const wrong = [...this.memory.gradients].find(
      ([, { data }]) => !(data as Float32Array).every(Number.isFinite),
    );
    const where = wrong ? `the gradient of ${wrong[0]}` : `the loss (${loss})`;
    return new Error(
      `train: ${where} is not finite at step ${step}; lower train.learning_rate or check the data`,
    );
  }
}
