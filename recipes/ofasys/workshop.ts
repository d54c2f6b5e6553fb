/** Where models of some tasks are trained and scored: what all trials of a process share. */

import { join } from "node:path";
import type { NDArray } from "../../src/graph/ndarray.ts";
import { initialise } from "../../src/nn/initialise.ts";
import { createRandom } from "../../src/nn/random.ts";
import {
  layoutKey,
  layoutOf,
  type Plan,
  type PreparedSample,
  parametersOf,
  prepareSample,
  TaskModel,
  type TaskModelConfig,
  type TrainTask,
  taskLoss,
  taskSource,
  type Vocabulary,
} from "../../src/task/index.ts";
import { run, Trainer } from "../../src/train/index.ts";
import { createOfasysVocabulary } from "./model.ts";
import { planTask } from "./plans.ts";
import type { OfasysTask, TaskSample } from "./tasks.ts";
import { TASKS } from "./tasks.ts";
import { trainCodes } from "./train-codes.ts";

export interface OfasysSettings {
  readonly width: number;
  readonly layers: number;
  /** Micro-batches that each task is seen in. */
  readonly updates: number;
  /** Samples of a task to learn from, again and again. */
  readonly samples: number;
  /** Most positions of a micro-batch, padding included. */
  readonly positions: number;
  /** Held-out samples of a task. */
  readonly held: number;
  readonly learningRate: number;
  /** Steps that train the codes of images. */
  readonly codeSteps: number;
}

/** Trials give the same bits whatever else the machine does. */
const THREADS = 1;
const OPTIMIZER = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, clipNorm: 1 };

interface Shared {
  readonly vocabulary: Vocabulary;
  readonly codes: ReadonlyMap<string, NDArray>;
}
const shared = new Map<number, Promise<Shared>>();

/** The vocabulary and the codes of images: of no trial's seed, so made once. */
export function shareOf({ codeSteps }: Pick<OfasysSettings, "codeSteps">): Promise<Shared> {
  const known = shared.get(codeSteps);
  if (known) return known;
  const drawing = TASKS.find(({ name }) => name === "draw")!; // one of the fifteen
  const made = Promise.all([createOfasysVocabulary(), trainCodes(drawing, codeSteps)]).then(
    ([vocabulary, codes]) => ({ vocabulary, codes }),
  );
  shared.set(codeSteps, made);
  return made;
}

export interface TrainingOrder {
  readonly tasks: readonly OfasysTask[];
  /** Whether instructions keep their words. */
  readonly hasWords: boolean;
  readonly config: TaskModelConfig;
  readonly settings: OfasysSettings;
  readonly seed: number;
  /** Of checkpoints. */
  readonly dir: string;
  readonly signal: AbortSignal;
  readonly progress: (share: number, note?: string) => void;
}

export interface TrainedScores {
  /** By task. */
  readonly scores: Readonly<Record<string, number>>;
  /** Numbers that were trained. */
  readonly parameters: number;
}

/**
 * Trains one model on tasks in turn, each micro-batch an update, and scores it on held-out samples
 * of each. A task's micro-batches are the same whatever other tasks there are.
 */
export async function trainAndScore(order: TrainingOrder): Promise<TrainedScores> {
  const { tasks, hasWords, config, settings, seed, dir, signal, progress } = order;
  const { vocabulary, codes } = await shareOf(settings);
  const preparation = { config, vocabulary };
  using codesModel = new TaskModel({
    ...preparation,
    weights: ({ name }) => codes.get(name)!,
    threads: THREADS,
  });
  const plans = new Map(tasks.map((task) => [task.name, planTask(task, hasWords)]));
  const prepared = new Map<string, PreparedSample[]>();
  for (const task of tasks) {
    const samples = drawSamples(task, settings.samples, seed, "train");
    const plan = plans.get(task.name)!;
    prepared.set(task.name, await prepareAll(plan, samples, codesModel.preparation, seed));
  }
  const layouts = [...prepared.values()].map(([first]) => layoutOf(first));
  const loss = Object.fromEntries(
    layouts.map((layout) => [layoutKey(layout), taskLoss(config, layout)]),
  );
  const initial = initialise(parametersOf(config), seed);
  const steps = settings.updates * tasks.length;
  using trainer = await Trainer.create({
    loss,
    weights: ({ name }) => initial.get(name)!,
    optimizer: OPTIMIZER,
    muon: {},
    learningRate: settings.learningRate,
    schedule: { kind: "cosine", warmup: Math.round(0.05 * steps), steps, floor: 0.1 },
    threads: THREADS,
  });
  const source = taskSource({
    config,
    start: vocabulary.marks.targetStart,
    tasks: Array.from(
      prepared,
      ([name, samples]): TrainTask => ({ name, samples: async () => samples }),
    ),
    positions: settings.positions,
    seed,
    order: "in turn",
  });
  const every = Math.ceil(steps / 20);
  await run({
    dir: join(dir, "checkpoints"),
    trainer,
    source,
    steps,
    saveEvery: Math.max(2000, every),
    keep: 1,
    fingerprint: JSON.stringify({ settings, seed, tasks: tasks.map(({ name }) => name), hasWords }),
    signal,
    onStep: ({ step, loss: value }) => {
      if (step % every === 0) progress((0.9 * step) / steps, `loss ${value.toFixed(3)}`);
    },
  });
  signal.throwIfAborted();
  const { parameters } = trainer.memory; // read in place
  using model = new TaskModel({
    ...preparation,
    weights: ({ name }) => (parameters.get(name) ?? codes.get(name))!,
    threads: THREADS,
  });
  const scores: Record<string, number> = {};
  for (const task of tasks) {
    const held = drawSamples(task, settings.held, seed, "heldout");
    const answers = await answersTo(model, plans.get(task.name)!, held, signal);
    scores[task.name] = task.metric.compute(answers, referencesOf(held));
    progress(0.9 + (0.1 * Object.keys(scores).length) / tasks.length, task.name);
  }
  const count = [...parameters.values()].reduce((sum, { data }) => sum + data.length, 0);
  return { scores, parameters: count };
}

/** The same for all arms of a seed. */
export function drawSamples(
  task: OfasysTask,
  count: number,
  seed: number,
  split: "train" | "heldout",
): TaskSample[] {
  const random = createRandom(seed, `${task.name}, ${split}`);
  return Array.from({ length: count }, () => task.draw(random, split));
}

export const referencesOf = (samples: readonly TaskSample[]): unknown[] =>
  samples.map(({ reference }) => reference);

async function prepareAll(
  plan: Plan,
  samples: readonly TaskSample[],
  preparation: TaskModel["preparation"],
  seed: number,
): Promise<PreparedSample[]> {
  const random = createRandom(seed, "preparation");
  const prepared: PreparedSample[] = [];
  for (const { record } of samples) {
    prepared.push(await prepareSample(plan, record, { ...preparation, random }));
  }
  return prepared;
}

/** Always the likeliest token; motions out of few steps. */
const GENERATION = { beam: 1, temperature: 0, maxLength: 24, steps: 10 } as const;

async function answersTo(
  model: TaskModel,
  plan: Plan,
  samples: readonly TaskSample[],
  signal: AbortSignal,
): Promise<unknown[]> {
  const answers: unknown[] = [];
  for (const [seed, { record }] of samples.entries()) {
    const { answer: _, ...given } = record;
    const { answer } = await model.infer(plan, given, { ...GENERATION, seed, signal });
    answers.push(answer);
  }
  return answers;
}
