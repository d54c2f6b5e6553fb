/** Measures tasks while they are trained. */

import type { RunObserver } from "../../train/run.ts";
import type { RunLog } from "../../train/run-log.ts";
import { evaluateTask, type TaskEvaluation } from "../evaluate-task.ts";
import type { TaskModel } from "../run/task-model.ts";
import type { Task } from "../task.ts";

export interface TaskEvaluationOptions {
  /** Steps between evaluations; the last step is one too. */
  readonly every: number;
  /** Most records of a task (default 50). */
  readonly limit?: number;
}

export interface TaskObserverOptions {
  readonly evaluate?: TaskEvaluationOptions;
  readonly onEvaluation?: (step: number, evaluation: TaskEvaluation) => void;
  readonly signal?: AbortSignal;
}

/**
 * Writes `evaluations.jsonl`: a line a time, with `<task> <metric>` of each task that has both a
 * metric and held-out records, and `<task> errors` where records could not be answered.
 */
export function taskObserver(
  model: TaskModel,
  tasks: readonly Task[],
  steps: number,
  { evaluate, onEvaluation, signal }: TaskObserverOptions,
): RunObserver | undefined {
  if (!evaluate) return undefined;
  const { every, limit = 50 } = evaluate;
  const measured = tasks.filter(({ metric, heldOut }) => metric && heldOut);
  let log: RunLog | undefined;
  return {
    async start(_, __, opened) {
      log = opened;
    },
    async step({ step }) {
      if (step % every !== 0 && step !== steps) return;
      const line: Record<string, number> = {};
      for (const task of measured) {
        if (signal?.aborted) return;
        const evaluation = await evaluateTask(model, task, { limit });
        const { name } = task;
        if (evaluation.value !== undefined) line[`${name} ${evaluation.metric}`] = evaluation.value;
        if (evaluation.errors > 0) line[`${name} errors`] = evaluation.errors;
        onEvaluation?.(step, evaluation);
      }
      await log?.evaluation({ step, ...line });
    },
    state: null,
  };
}
