/** A training of tasks from a config file, to the scores of the finished model. */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { evaluateTask, type TaskEvaluation } from "../evaluate-task.ts";
import { loadTaskModel } from "../model/folder.ts";
import { type TrainTasksOptions, trainTasks } from "../train/train-tasks.ts";

/** State with a lifetime: the weights that a training goes on from stay mapped. */
export interface TaskTraining extends Disposable {
  /** As `trainTasks` takes them. */
  readonly options: TrainTasksOptions;
  /** Most held-out records of a task that the finished model is measured on. */
  readonly limit: number;
}

/**
 * Reads a training of tasks.
 *
 * @param file YAML or JSON: every option is in `onefold task train --help` and docs/tasks.md; paths
 *   in it are relative to it
 * @param sets overrides as `key.path=value`
 * @throws Error of one sentence naming file, key, what was expected and the nearest key
 * @example
 * using training = await readTaskTraining("tasks.yaml");
 * const { model } = await trainTasks(training.options);
 */
export async function readTaskTraining(
  file: string,
  sets: readonly string[] = [],
): Promise<TaskTraining> {
  const { readTraining } = await import("./training.ts");
  return readTraining(file, sets);
}

export interface RunTaskTrainingOptions
  extends Pick<TrainTasksOptions, "onStart" | "onStep" | "onCodeStep" | "onEvaluation" | "signal"> {
  /** Overrides, `key.path=value`. */
  readonly set?: readonly string[];
  /** Called before the first step. */
  readonly onPlan?: (options: TrainTasksOptions) => void;
}

export interface TaskTrainingResult {
  /** The finished model's folder; undefined where the signal ended the run before. */
  readonly model: string | undefined;
  readonly output: string;
  /** Of the finished model, on held-out records of the tasks that have a metric. */
  readonly scores: readonly TaskEvaluation[];
}

/**
 * Trains what a config file describes, going on from the newest checkpoint in its output folder,
 * and measures the finished model: `scores.json` in that folder.
 *
 * @throws Error of one sentence for a bad config, record or model, before the first step
 * @example
 * const { model, scores } = await runTaskTraining("tasks.yaml", { set: ["train.steps=100"] });
 */
export async function runTaskTraining(
  file: string,
  { set, onPlan, ...watch }: RunTaskTrainingOptions = {},
): Promise<TaskTrainingResult> {
  using training = await readTaskTraining(file, set);
  const { options, limit } = training;
  onPlan?.(options);
  const { dir: output, tasks, threads } = options;
  const { model } = await trainTasks({ ...options, ...watch });
  if (model === undefined) return { model, output, scores: [] };
  const measured = tasks.filter(({ metric, heldOut }) => limit > 0 && metric && heldOut);
  if (measured.length === 0) return { model, output, scores: [] };
  using finished = await loadTaskModel(model, { threads });
  const scores: TaskEvaluation[] = [];
  for (const task of measured) {
    scores.push(await evaluateTask(finished, task, { limit, signal: watch.signal }));
  }
  const lines = scores.map(({ predictions: _, ...score }) => score);
  await writeFile(join(output, "scores.json"), `${JSON.stringify(lines, null, 2)}\n`);
  return { model, output, scores };
}
