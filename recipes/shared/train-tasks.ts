/** Small task models trained from nothing, or on from weights: each step has samples of every task. */

import type { NDArray } from "../../src/graph/ndarray.ts";
import type { ParameterSpec } from "../../src/nn/index.ts";
import { initialise } from "../../src/nn/index.ts";
import { createRandom, type Random } from "../../src/nn/random.ts";
import {
  layoutKey,
  layoutOf,
  type PreparedSample,
  type TaskModelConfig,
  taskLoss,
  type Vocabulary,
} from "../../src/task/index.ts";
import { batchOf, weighed } from "../../src/task/train/batch.ts";
import { gradientGraph } from "../../src/train/gradient.ts";
import { Trainer } from "../../src/train/index.ts";

/** Draws a prepared sample; all of a task's have one layout. */
export interface StudyTask {
  readonly name: string;
  readonly draw: (random: Random) => Promise<PreparedSample>;
}

export interface StudySchedule {
  readonly steps: number;
  /** Samples of each task in a step. */
  readonly batch: number;
  readonly learningRate: number;
}

/** What studies of pretraining for questions on scenes share. */
export interface TaskSettings {
  /** Shapes that a scene has at most. */
  readonly shapes: number;
  readonly pretraining: StudySchedule;
  /** Questions that are then learned from. */
  readonly shots: number;
  readonly tuning: StudySchedule;
  /** Held-out questions. */
  readonly held: number;
}

export interface StudyRun extends StudySchedule {
  readonly config: TaskModelConfig;
  readonly vocabulary: Vocabulary;
  readonly tasks: readonly StudyTask[];
  readonly seed: number;
  /** What it goes on from, by name; parameters that it lacks are fresh. */
  readonly from?: ReadonlyMap<string, NDArray> | undefined;
  readonly signal: AbortSignal;
  progress(share: number, note?: string): void;
}

export interface StudyModel {
  readonly weights: ReadonlyMap<string, NDArray>;
  /** Mean training loss of a task's tokens around a step, by task. */
  readonly curves: Readonly<Record<string, readonly (readonly [step: number, loss: number])[]>>;
}

/** Trials give the same bits whatever else the machine does. */
const THREADS = 1;
const CURVE_POINTS = 10;

/**
 * Muon for matrices of layers and AdamW (0.9, 0.95), weight decay 0.1, 5 % warm-up, cosine to a
 * tenth. Tasks count alike, by the mean loss of their tokens.
 */
export async function trainTasks(run: StudyRun): Promise<StudyModel> {
  const { config, vocabulary, tasks, steps, batch, seed, from, signal } = run;
  const batches = (step: number) =>
    Promise.all(
      tasks.map(async ({ name, draw }) => {
        const random = createRandom(seed, `${name}, step ${step}`);
        const samples: PreparedSample[] = [];
        while (samples.length < batch) samples.push(await draw(random));
        const { targetStart } = vocabulary.marks;
        return weighed(batchOf(config, targetStart, samples, random), name, 1, "tasks");
      }),
    );
  const layouts = await Promise.all(
    tasks.map(async ({ draw }) => layoutOf(await draw(createRandom(seed, "layout")))),
  );
  const loss = Object.fromEntries(
    layouts.map((layout) => [layoutKey(layout), taskLoss(config, layout)]),
  );
  const specs = new Map<string, ParameterSpec>(
    Object.values(loss).flatMap((f) => gradientGraph(f).parameters.map((p) => [p.name, p])),
  );
  const fresh = initialise(specs.values(), seed);
  using trainer = await Trainer.create({
    loss,
    weights: ({ name }) => from?.get(name) ?? fresh.get(name)!,
    optimizer: { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, clipNorm: 1 },
    muon: {},
    learningRate: run.learningRate,
    schedule: { kind: "cosine", warmup: Math.ceil(0.05 * steps), steps, floor: 0.1 },
    threads: THREADS,
  });
  const every = Math.ceil(steps / CURVE_POINTS);
  const curves: Record<string, [number, number][]> = Object.fromEntries(
    tasks.map(({ name }) => [name, []]),
  );
  let sums: Record<string, number> = {};
  let since = 0;
  for (let step = 1; step <= steps; step++) {
    signal.throwIfAborted();
    const { metrics } = await trainer.step(await batches(step), signal);
    since++;
    for (const { name } of tasks) sums[name] = (sums[name] ?? 0) + metrics[`loss/${name}`];
    if (step % every !== 0 && step !== steps) continue;
    for (const { name } of tasks) curves[name].push([step, sums[name] / since]);
    const note = tasks.map(({ name }) => `${name} ${(sums[name] / since).toFixed(3)}`).join(", ");
    run.progress(step / steps, note);
    [sums, since] = [{}, 0];
  }
  // The trainer's memory goes with it; what the run never used stays as it was.
  const trained = Array.from(trainer.memory.parameters, ([name, array]) => {
    return [name, { ...array, data: array.data.slice() } as NDArray] as const;
  });
  return { weights: new Map([...(from ?? []), ...trained]), curves };
}
