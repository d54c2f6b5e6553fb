/** A whole training run: steps, metrics, checkpoints, resume. */

import { mkdir } from "node:fs/promises";
import type { BatchSource } from "./batches.ts";
import { openRunLog, type RunLog } from "./run-log.ts";
import { type ModelFiles, resumeRun, type Seekable, saveRun } from "./run-state.ts";
import type { MicroBatch, StepResult, Trainer } from "./trainer.ts";

interface CommonOptions {
  /** Folder of the run: checkpoints `step-…`, `metrics.jsonl`, TensorBoard's events, `curves/`. */
  readonly dir: string;
  readonly trainer: Trainer;
  /** Step at which the run ends. */
  readonly steps: number;
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
  /** Looks on, e.g. to evaluate; its state is part of every checkpoint. */
  readonly observer?: RunObserver;
}

/** Optimiser steps over micro-batches. */
export interface RunOptions extends CommonOptions {
  readonly source: BatchSource;
  /** Micro-batches a step. */
  readonly accumulate?: number;
}

/** Rounds of a method that samples, each of several optimiser steps or of none. */
export interface RoundRunOptions extends CommonOptions {
  readonly source: Seekable;
  readonly rounds: Rounds;
}

export interface Rounds {
  /** Rounds done: what counts as the run's steps. */
  done: number;
  /** @returns undefined where a finite source has ended */
  next(signal?: AbortSignal): Promise<RoundOutcome | undefined>;
}

/** Rounds of what counts them itself, since a round's samples are seeded by its number. */
export const countedRounds = (
  counter: { rounds: number },
  next: (signal?: AbortSignal) => Promise<RoundOutcome>,
): Rounds => ({
  get done() {
    return counter.rounds;
  },
  set done(rounds) {
    counter.rounds = rounds;
  },
  next,
});

export type RoundOutcome = Omit<StepResult, "step"> & { readonly origin?: string };

export interface RunObserver {
  /** Called once, with the step and the state that the run goes on from. */
  start(step: number, state: unknown, log: RunLog): Promise<void>;
  /** Called after each step, before it is saved. `origin`: where its data come from. */
  step(metrics: StepMetrics, origin: string | undefined): Promise<void>;
  /** Plain JSON. */
  readonly state: unknown;
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
export async function run(options: RunOptions | RoundRunOptions): Promise<boolean> {
  const { dir, trainer, source, steps, saveEvery, signal, observer } = options;
  const rounds = "rounds" in options ? options.rounds : stepsOf(options);
  await mkdir(dir, { recursive: true });
  const resumed = await resumeRun(dir, trainer, source, options);
  rounds.done = resumed?.at ?? 0;
  const log = await openRunLog(dir, rounds.done);
  await observer?.start(rounds.done, resumed?.extra, log);
  options.onStart?.(rounds.done);
  let saved = rounds.done;
  const save = async (): Promise<void> => {
    const extra = observer && (() => observer.state);
    await saveRun(dir, trainer, source, { ...options, extra, at: rounds.done });
    saved = rounds.done;
    await log.draw();
  };
  let isOver = false;
  while (rounds.done < steps && !signal?.aborted) {
    const started = performance.now();
    const outcome = await rounds.next(signal);
    isOver = outcome === undefined; // a finite source has ended
    if (!outcome) break;
    const { origin, ...result } = outcome;
    const seconds = (performance.now() - started) / 1000;
    const tokensPerSecond = result.tokens / seconds;
    const metrics: StepMetrics = { step: rounds.done, ...result, tokensPerSecond };
    await log.step(metrics);
    options.onStep?.(metrics);
    await observer?.step(metrics, origin);
    if (rounds.done % saveEvery === 0) await save();
  }
  if (saved !== rounds.done) await save();
  return isOver || rounds.done >= steps;
}

/** Each round is one step over the next micro-batches. */
function stepsOf({ trainer, source, accumulate = 1 }: RunOptions): Rounds {
  return {
    done: 0,
    async next() {
      const batches = await take(source, accumulate);
      if (batches.length === 0) return undefined;
      const { step, ...result } = await trainer.step(batches);
      this.done = step;
      const origins = batches.flatMap(({ origin }) => origin ?? []);
      return { ...result, ...(origins.length > 0 && { origin: origins.join(", ") }) };
    },
  };
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
