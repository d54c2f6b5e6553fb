/** A whole training run: steps, metrics, checkpoints, resume. */

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { BatchSource } from "./batches.ts";
import { appendMetrics, trimMetrics } from "./metrics.ts";
import { type ModelFiles, resumeRun, saveRun } from "./run-state.ts";
import type { MicroBatch, StepResult, Trainer } from "./trainer.ts";

export interface RunOptions {
  /** Folder of the run: checkpoints `step-…` and `metrics.jsonl`. */
  readonly dir: string;
  readonly trainer: Trainer;
  readonly source: BatchSource;
  /** Step at which the run ends. */
  readonly steps: number;
  /** Micro-batches a step. */
  readonly accumulate?: number;
  readonly saveEvery: number;
  readonly keep?: number;
  /** Identifies settings that a resumed run must share. */
  readonly fingerprint: string;
  /** Companion files of every checkpoint. */
  readonly files?: Readonly<Record<string, unknown>>;
  /** How checkpoints store the trained parameters (default: as the whole model's folder). */
  readonly model?: ModelFiles;
  /** Called once, with the step that the run goes on from (0 for a fresh start). */
  readonly onStart?: (step: number) => void;
  readonly onStep?: (metrics: StepMetrics) => void;
  /** Ends the run after the step under way, with a checkpoint. */
  readonly signal?: AbortSignal;
}

export interface StepMetrics extends StepResult {
  /** Over the whole step, the making of its batch included. */
  readonly tokensPerSecond: number;
}

/**
 * Trains until `steps`, going on from the newest checkpoint in `dir`.
 *
 * @returns whether it got there, or to the end of a finite source (not where `signal` ended it);
 *   the last step is saved either way
 * @throws Error where a loss is not finite or a checkpoint cannot be written; earlier checkpoints
 *   stay, and calling again goes on from the newest
 */
export async function run(options: RunOptions): Promise<boolean> {
  const { dir, trainer, source, steps, accumulate = 1, saveEvery, signal } = options;
  await mkdir(dir, { recursive: true });
  await resumeRun(dir, trainer, source, options);
  const metricsFile = join(dir, "metrics.jsonl");
  await trimMetrics(metricsFile, trainer.steps);
  options.onStart?.(trainer.steps);
  let saved = trainer.steps;
  let isOver = false;
  while (trainer.steps < steps && !signal?.aborted) {
    const started = performance.now();
    const batches = await take(source, accumulate);
    isOver = batches.length === 0; // a finite source has ended
    if (isOver) break;
    const result = await trainer.step(batches);
    const seconds = (performance.now() - started) / 1000;
    const metrics = { ...result, tokensPerSecond: result.tokens / seconds };
    await appendMetrics(metricsFile, metrics);
    options.onStep?.(metrics);
    if (trainer.steps % saveEvery === 0) {
      await saveRun(dir, trainer, source, options);
      saved = trainer.steps;
    }
  }
  if (saved !== trainer.steps) await saveRun(dir, trainer, source, options);
  return isOver || trainer.steps >= steps;
}

async function take(source: BatchSource, count: number): Promise<MicroBatch[]> {
  const batches: MicroBatch[] = [];
  while (batches.length < count) {
    const batch = await source.next();
    if (!batch) break;
    batches.push(batch);
  }
  return batches;
}
