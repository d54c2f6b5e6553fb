/** Runs tasks with a model, one task after the other. */

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type RunOptions, requireSenses, runTask, type TaskResult } from "./run/run-task.ts";
import type { EvalTask } from "./types.ts";

export interface EvaluateOptions extends RunOptions {
  readonly tasks: readonly EvalTask[];
  /** Folder of the journals: a run that was stopped goes on from there. */
  readonly out: string;
}

export interface Evaluation {
  readonly results: readonly TaskResult[];
  /** No item failed, and all could be read. */
  readonly isComplete: boolean;
  readonly seconds: number;
}

/**
 * @throws Error where the model cannot see what a task shows (before anything is asked), `out`
 *   belongs to another run, or the signal aborts
 * @example
 * using model = await createLocalModel("models/onefold-mini");
 * const { results } = await evaluate({ model, tasks: [sums], out: "runs/sums" });
 * console.log(results[0]!.metrics);
 */
export async function evaluate({ tasks, out, ...options }: EvaluateOptions): Promise<Evaluation> {
  const started = performance.now();
  const names = new Set<string>();
  for (const task of tasks) {
    const { name } = task;
    if (names.has(name)) throw new Error(`two tasks are called ${name}; give each its own name`);
    names.add(name);
    requireSenses(task, options.model);
  }
  await mkdir(out, { recursive: true });
  const results: TaskResult[] = [];
  for (const task of tasks) {
    results.push(await runTask(task, journalFile(out, task.name), options));
  }
  return {
    results,
    isComplete: results.every(({ failed, error }) => failed === 0 && error === undefined),
    seconds: (performance.now() - started) / 1000,
  };
}

/** Where a task's items are written down. */
export const journalFile = (out: string, task: string): string =>
  join(journalFolder(out), `${task.replace(/[^\w.-]+/g, "_")}.jsonl`);

/** Journals of a run: one a task. */
export const journalFolder = (out: string): string => join(out, "journal");
