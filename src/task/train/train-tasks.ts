/** One model learns many tasks. */

import { createHash } from "node:crypto";
import { join } from "node:path";
import { recoverDirectory, saveDirectoryAtomically } from "../../checkpoint/atomic.ts";
import type { DType } from "../../graph/dtype.ts";
import type { NDArray } from "../../graph/ndarray.ts";
import type { WeightSource } from "../../graph/program.ts";
import { defaultAdamW } from "../../train/adamw.ts";
import type { MuonOptions } from "../../train/muon.ts";
import type { OptimizerOptions } from "../../train/optimizer.ts";
import { run, type StepMetrics } from "../../train/run.ts";
import { type ModelFiles, savedSteps } from "../../train/run-state.ts";
import type { Schedule } from "../../train/schedule.ts";
import { Trainer, type TrainerOptions } from "../../train/trainer.ts";
import type { TaskEvaluation } from "../evaluate-task.ts";
import { readTaskWeights, writeTaskModel } from "../model/model-files.ts";
import { type StartingModel, startingValues } from "../model/starting-model.ts";
import { TaskModel } from "../run/task-model.ts";
import type { Task } from "../task.ts";
import { layoutsOf } from "./layouts.ts";
import { layoutKey, taskLoss } from "./loss.ts";
import { taskSource } from "./source.ts";
import { type TaskEvaluationOptions, taskObserver } from "./task-observer.ts";
import { trainTask } from "./train-task.ts";

export interface TrainTasksOptions {
  readonly model: StartingModel;
  readonly tasks: readonly Task[];
  /** Optimiser steps in all. */
  readonly steps: number;
  /**
   * What a step is over: a micro-batch of every task (OFASys; default), of the next task, or of
   * tasks that are drawn by their weights.
   */
  readonly schedule?: "all" | "round-robin" | "weighted";
  /**
   * What a task's weight multiplies: its mean loss, so that tasks count alike (default), or its
   * summed loss, so that tasks of long answers count more (OFASys).
   */
  readonly balance?: "tasks" | "tokens";
  /** Micro-batches of a step; with "all", of each task (default 1). */
  readonly accumulate?: number;
  /** Most positions of a micro-batch, padding included (default 2048). */
  readonly positions?: number;
  readonly optimizer?: OptimizerOptions;
  readonly muon?: MuonOptions;
  /** Peak rate (default 1e-3). */
  readonly learningRate?: number;
  /** Of the rate (default: cosine over all steps, without warm-up). */
  readonly rate?: Schedule;
  /** Multiplies a parameter's rate (default 1). */
  readonly rateOf?: TrainerOptions["rateOf"];
  /** Which parameters change (default: all that tasks use). */
  readonly trains?: TrainerOptions["trains"];
  /**
   * Steps that first teach the codes of images what the tasks draw, in `codes` of the run's folder
   * (default 0: the codes stay as they are).
   */
  readonly codeSteps?: number;
  /** Decay of a moving average of the parameters, which the finished model then has. */
  readonly average?: number;
  /** Of fresh weights, of the order of records, of what is masked (default 0). */
  readonly seed?: number;
  readonly threads?: number;
  /** Folder of the run: checkpoints `step-…`, metrics, curves, and `final`. */
  readonly dir: string;
  /** Steps between checkpoints (default 500). */
  readonly saveEvery?: number;
  /** Older checkpoints kept besides the newest (default 1). */
  readonly keep?: number;
  /** Go on from the newest checkpoint in the folder (default); false: refuse where there is one. */
  readonly resume?: boolean;
  /** Of the weights in `final` (default f32). */
  readonly dtype?: DType;
  /** Measures tasks that have a metric and held-out records, while training. */
  readonly evaluate?: TaskEvaluationOptions;
  /** Called once, with the step that the run goes on from. */
  readonly onStart?: (step: number) => void;
  readonly onStep?: (metrics: StepMetrics) => void;
  /** Called after each step of `codeSteps`. */
  readonly onCodeStep?: (metrics: StepMetrics) => void;
  readonly onEvaluation?: (step: number, evaluation: TaskEvaluation) => void;
  /** Ends the run with a checkpoint after the step under way. */
  readonly signal?: AbortSignal;
}

/**
 * Trains a model on tasks, going on from the newest checkpoint in the folder. Every checkpoint is a
 * folder that `loadTaskModel` opens; a resumed run continues bit for bit.
 *
 * @returns `model`: the finished model's folder; undefined where the signal ended the run before
 * @throws Error before the first step for tasks that the model cannot do, two of one name, a record
 *   that does not fit its instruction
 * @example
 * const { model } = await trainTasks({
 *   model: start, // a StartingModel: config, vocabulary, files; without weights it is fresh
 *   tasks: [preset("caption"), preset("vqa", { weight: 2 })],
 *   steps: 2000,
 *   dir: "runs/two",
 * });
 */
export async function trainTasks(
  options: TrainTasksOptions,
): Promise<{ readonly model: string | undefined }> {
  const { model, tasks, steps, dir, seed = 0, threads, schedule = "all", average } = options;
  const { config, vocabulary } = model;
  checkTasks(tasks);
  if (options.resume === false && (await savedSteps(dir)).length > 0) {
    throw new Error(`${dir}: holds a run already; let it go on (resume), or use another folder`);
  }
  const values = startingValues(model, seed);
  if (!(await learnCodes(options, values))) return { model: undefined };
  const layouts = tasks.flatMap((task) => layoutsOf(task, vocabulary));
  using trainer = await Trainer.create({
    loss: Object.fromEntries(
      layouts.map((layout) => [layoutKey(layout), taskLoss(config, layout)]),
    ),
    weights: ({ name }) => values.get(name)!,
    optimizer: options.optimizer ?? defaultAdamW,
    muon: options.muon,
    learningRate: options.learningRate ?? 1e-3,
    schedule: options.rate ?? { kind: "cosine", warmup: 0, steps },
    rateOf: options.rateOf,
    trains: options.trains,
    average,
    threads,
  });
  const { parameters, averages } = trainer.memory;
  for (const name of parameters.keys()) values.delete(name); // the trainer has copies
  const weights: WeightSource = ({ name }) => parameters.get(name) ?? values.get(name)!;
  using live = new TaskModel({ config, vocabulary, weights, threads });
  const source = taskSource({
    config,
    start: vocabulary.marks.targetStart,
    tasks: tasks.map((task) => trainTask(task, live.preparation, seed)),
    positions: options.positions ?? 2048,
    seed,
    order: schedule === "weighted" ? "by weight" : "in turn",
    balance: options.balance,
  });
  const { accumulate = 1 } = options;
  const isFinished = await run({
    dir,
    trainer,
    source,
    steps,
    accumulate: schedule === "all" ? accumulate * tasks.length : accumulate,
    saveEvery: options.saveEvery ?? 500,
    keep: options.keep,
    fingerprint: fingerprintOf(options, [...parameters.keys()]),
    model: modelFiles(model, values),
    observer: taskObserver(live, tasks, steps, options),
    onStart: options.onStart,
    onStep: options.onStep,
    signal: options.signal,
  });
  if (!isFinished) return { model: undefined };
  const final = join(dir, "final");
  await recoverDirectory(final);
  const trained = average === undefined ? parameters : averages;
  const { files } = model;
  await saveDirectoryAtomically(final, (temporary) =>
    writeTaskModel(temporary, config, new Map([...values, ...trained]), {
      dtype: options.dtype,
      files,
    }),
  );
  return { model: final };
}

/** @returns false where the signal ended it */
async function learnCodes(
  options: TrainTasksOptions,
  values: Map<string, NDArray>,
): Promise<boolean> {
  const { model, codeSteps: steps = 0, seed = 0, threads, dir, signal } = options;
  const { codes } = model.config;
  const tasks = options.tasks.filter(({ plans }) => plans[0].target.kind === "codes");
  if (!codes || steps === 0 || tasks.length === 0) return true;
  const { trainCodes } = await import("./train-codes.ts");
  const { onCodeStep: onStep } = options;
  return trainCodes({
    ...{ codes, tasks, steps, values, seed, threads, onStep, signal },
    dir: join(dir, "codes"),
  });
}

function checkTasks(tasks: readonly Task[]): void {
  if (tasks.length === 0) throw new Error("trainTasks: there are no tasks to train");
  const names = tasks.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new Error(`trainTasks: two tasks are called "${twice}"; give one another name`);
  }
  const empty = tasks.find(({ train }) => !train);
  if (empty) throw new Error(`task ${empty.name}: it has no records to train on`);
}

/** Checkpoints hold what is not trained too, so that each is a whole model. */
const modelFiles = (
  { config, files }: StartingModel,
  frozen: ReadonlyMap<string, NDArray>,
): ModelFiles => ({
  write: (dir, parameters) =>
    writeTaskModel(dir, config, new Map([...frozen, ...parameters]), { files }),
  read: (dir, parameters) => readTaskWeights(dir, config, parameters),
});

/**
 * Settings that decide what the weights become. The end of the run may move between resumes.
 *
 * @param trained names of the parameters that change
 */
function fingerprintOf(options: TrainTasksOptions, trained: readonly string[]): string {
  const { model, tasks, rate, schedule, balance, accumulate, positions, seed } = options;
  const { optimizer, muon, learningRate, average, codeSteps, rateOf, trains } = options;
  const { steps: _, ...shape } = rate ?? { steps: 0 };
  const hash = createHash("sha256");
  for (const [name, content] of Object.entries(model.files)) {
    hash.update(`${name}\0`);
    hash.update(content instanceof Uint8Array ? content : JSON.stringify(content));
  }
  return JSON.stringify({
    config: model.config,
    files: hash.digest("hex"),
    tasks: tasks.map((task) => ({
      name: task.name,
      instruction: task.instruction,
      weight: task.weight,
      smoothing: task.smoothing,
      ...(task.ctc > 0 && { ctc: task.ctc }),
      positions: task.positions,
      pool: task.pool,
      closedSet: task.closedSet,
    })),
    rate: shape,
    how: {
      ...{ schedule, balance, accumulate, positions, seed, optimizer, muon, learningRate, average },
      codeSteps,
      ...(trains && { trained }),
      ...(rateOf && { rates: trained.map((name) => rateOf({ name, shape: [] })) }),
    },
  });
}
