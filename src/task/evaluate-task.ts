/** How well a model does a task on records that it did not learn from. */

import type { MetricName } from "../metrics/index.ts";
import { type RecordSource, recordsOf } from "./records.ts";
import type { TaskModel } from "./run/task-model.ts";
import type { Task } from "./task.ts";

export interface EvaluateTaskOptions {
  /** Most records (default 200). */
  readonly limit?: number;
  /** Default: the task's held-out records. */
  readonly records?: RecordSource<object>;
  readonly signal?: AbortSignal;
}

/** One record's answer, or what kept it from being given. */
export interface TaskPrediction {
  readonly record: object;
  /** By the names of the generated slots. */
  readonly answer?: Readonly<Record<string, unknown>>;
  readonly error?: string;
}

export interface TaskEvaluation {
  readonly task: string;
  readonly metric: MetricName;
  /** Over the records that were answered; undefined where none was. */
  readonly value: number | undefined;
  /** Records that were answered. */
  readonly count: number;
  /** Records that were not: their predictions have `error`. */
  readonly errors: number;
  readonly predictions: readonly TaskPrediction[];
}

/**
 * Answers records and scores the answers by the task's metric.
 *
 * @throws Error for a task without metric or held-out records; a record's own error is counted
 * @example
 * const { metric, value, count, errors } = await evaluateTask(model, caption, { limit: 50 });
 */
export async function evaluateTask(
  model: TaskModel,
  task: Task,
  { limit = 200, records = task.heldOut, signal }: EvaluateTaskOptions = {},
): Promise<TaskEvaluation> {
  const { name, metric: score, generate } = task;
  if (!score) throw new Error(`task ${name}: it has no metric to be evaluated by`);
  if (!records) throw new Error(`task ${name}: it has no held-out records to be evaluated on`);
  const running = score.metric.start();
  const predictions: TaskPrediction[] = [];
  let count = 0;
  for await (const record of recordsOf(records, limit, name)) {
    signal?.throwIfAborted();
    try {
      const answer = await model.infer(task.plans[0], record as Record<string, unknown>, {
        ...generate,
        maskSeed: predictions.length, // as in training: there is something to fill in
        signal,
      });
      const prediction = await score.prediction(answer[score.slot], record);
      running.add(prediction, await score.reference(record));
      count++;
      predictions.push({ record, answer });
    } catch (error) {
      if (signal?.aborted) throw error;
      predictions.push({ record, error: error instanceof Error ? error.message : String(error) });
    }
  }
  return {
    task: name,
    metric: score.metric.name,
    value: count > 0 ? running.value() : undefined,
    count,
    errors: predictions.length - count,
    predictions,
  };
}
