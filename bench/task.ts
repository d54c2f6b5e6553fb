/**
 * What tasks cost: preparing records beside the step that learns from them, five hypotheses beside
 * one, a step over many tasks beside steps over each.
 * Command: npx tsx bench/task.ts [threads]
 */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import {
  layoutKey,
  readTaskTraining,
  TaskModel,
  type TaskTraining,
  taskLoss,
  taskSource,
} from "../src/task/index.ts";
import { startingValues } from "../src/task/model/starting-model.ts";
import { layoutsOf } from "../src/task/train/layouts.ts";
import { trainTask } from "../src/task/train/train-task.ts";
import { defaultAdamW, type MicroBatch, Trainer } from "../src/train/index.ts";
import { describeMachine, machine, printTable, type Row, timesOf } from "./support.ts";

const threads = Number(process.argv[2] ?? 1);
const ROUNDS = 7;
/** Records of a task: prepared once a pool, as in training. */
const POOL = 64;
const POSITIONS = 1024;
/** Tokens that are generated. */
const LENGTH = 32;

const folder = mkdtempSync(join(tmpdir(), "onefold-bench-task-"));
const generalist = resolve("models/onefold-generalist");
const models = {
  generalist: `{from: ${JSON.stringify(generalist)}}`,
  ofa: "{body: ofa, size: base, image: {size: 64}, audio: {positions: 64}}",
};

async function open(model: string, tasks: readonly string[]): Promise<TaskTraining> {
  const file = join(folder, "tasks.yaml");
  const listed = tasks.map((name) => `{preset: ${name}, generated: {size: ${POOL}}}`);
  const run = "train: {steps: 1}\noutput: run";
  writeFileSync(file, `model: ${model}\ntasks: [${listed}]\n${run}\n`);
  return readTaskTraining(file);
}

async function trainerOf({ options }: TaskTraining) {
  const { model, tasks } = options;
  const values = startingValues(model, 0);
  const layouts = tasks.flatMap((task) => layoutsOf(task, model.vocabulary));
  const trainer = await Trainer.create({
    loss: Object.fromEntries(
      layouts.map((layout) => [layoutKey(layout), taskLoss(model.config, layout)]),
    ),
    weights: ({ name }) => values.get(name)!,
    optimizer: defaultAdamW,
    learningRate: 1e-4,
    schedule: { kind: "constant", warmup: 0, steps: 1 },
    threads,
  });
  const { config, vocabulary } = model;
  const codes = new TaskModel({
    config,
    vocabulary,
    weights: ({ name }) => values.get(name)!,
    threads,
  });
  // Records are made before: what is measured is what tasks do with them.
  const held = await Promise.all(
    tasks.map(async (task) => {
      if (typeof task.train !== "function") return task;
      return { ...task, pool: POOL, train: [...((await task.train(0)) as Iterable<object>)] };
    }),
  );
  const source = taskSource({
    config,
    start: vocabulary.marks.targetStart,
    tasks: held.map((task) => trainTask(task, codes.preparation, 0)),
    positions: POSITIONS,
    seed: 0,
    order: "in turn",
  });
  return { trainer, source, codes };
}

/** Share of a step in which records become micro-batches, over whole pools. */
async function preparation(model: string, task: string): Promise<number> {
  using training = await open(model, [task]);
  const { trainer, source, codes } = await trainerOf(training);
  using _ = trainer;
  using __ = codes;
  const shares: number[] = [];
  await trainer.step([(await source.next())!]);
  for (let round = 0; round < ROUNDS; round++) {
    let [prepared, learned] = [0, 0];
    const { tasks } = source.cursor as { tasks: Record<string, { pool: number }> };
    const { pool } = tasks[task];
    const isOver = () =>
      (source.cursor as { tasks: Record<string, { pool: number }> }).tasks[task].pool > pool;
    while (!isOver()) {
      const start = performance.now();
      const batch = (await source.next())!;
      const middle = performance.now();
      await trainer.step([batch]);
      prepared += middle - start;
      learned += performance.now() - middle;
    }
    shares.push(prepared / (prepared + learned));
  }
  return timesOf(shares.slice(1)).median; // the first pool was begun before
}

/** Time of a token with beam 5 in times of a token with beam 1, over pairs of runs. */
async function beam(model: string): Promise<number> {
  using training = await open(model, ["caption"]);
  const { model: start, tasks } = training.options;
  const values = startingValues(start, 0);
  const { config, vocabulary } = start;
  const weights = ({ name }: { readonly name: string }) => values.get(name)!;
  using opened = new TaskModel({ config, vocabulary, weights, threads, isFrozen: true });
  const [task] = tasks;
  const [record] = (await (task.train as (k: number) => Iterable<object>)(0)) as object[];
  const time = async (width: number): Promise<number> => {
    const began = performance.now();
    const length = { minLength: LENGTH, maxLength: LENGTH, noRepeatNgram: 0 };
    await opened.infer(task.plans[0], record as never, { beam: width, ...length });
    return performance.now() - began;
  };
  const ratios: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const [one, five] = [await time(1), await time(5)];
    if (round > 0) ratios.push(five / one);
  }
  return timesOf(ratios).median;
}

/** A step over all tasks in times of the steps over each. */
async function together(model: string, tasks: readonly string[]): Promise<number> {
  using training = await open(model, tasks);
  const { trainer, source, codes } = await trainerOf(training);
  using _ = trainer;
  using __ = codes;
  const batches: MicroBatch[] = [];
  for (const _task of tasks) batches.push((await source.next())!);
  const time = async (each: readonly MicroBatch[]): Promise<number> => {
    const start = performance.now();
    await trainer.step(each);
    return performance.now() - start;
  };
  const ratios: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const all = await time(batches);
    let alone = 0;
    for (const batch of batches) alone += await time([batch]);
    if (round > 0) ratios.push(all / alone);
  }
  return timesOf(ratios).median;
}

const rows: Row[] = [];
for (const [name, model] of Object.entries(models)) {
  for (const task of ["nlu", "caption", "asr"]) {
    const ratio = await preparation(model, task);
    const what = { measured: "preparing records", reference: "the whole step" };
    rows.push({ name: `${name}, ${task}`, ...what, ratio, target: { max: 0.03 } });
  }
  const five = { measured: "a token, beam 5", reference: "beam 1" };
  rows.push({ name, ...five, ratio: await beam(model), target: { max: 2.2 } });
  const all = { measured: "a step over 3 tasks", reference: "3 steps over 1" };
  const ratio = await together(model, ["nlu", "caption", "asr"]);
  rows.push({ name, ...all, ratio, target: { max: 1.05 } });
}
rmSync(folder, { recursive: true });
console.log(`${describeMachine(machine())}, ${threads} thread(s)`);
printTable(rows);
