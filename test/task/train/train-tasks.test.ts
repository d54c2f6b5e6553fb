import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import {
  captionScenes,
  classifyShapes,
  evaluateTask,
  loadTaskModel,
  SHAPE_LABELS,
  type Task,
  type TrainTasksOptions,
  task,
  trainTasks,
  worldRecords,
} from "../../../src/task/index.ts";
import { startingValues } from "../../../src/task/model/starting-model.ts";
import { layoutsOf } from "../../../src/task/train/layouts.ts";
import { layoutKey, taskLoss } from "../../../src/task/train/loss.ts";
import { taskSource } from "../../../src/task/train/source.ts";
import { trainTask } from "../../../src/task/train/train-task.ts";
import { defaultAdamW, type MicroBatch, Trainer } from "../../../src/train/index.ts";
import { tinyStart } from "../tiny.ts";

const folder = mkdtempSync(join(tmpdir(), "onefold-tasks-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const caption = task("[IMAGE:img] what does the image describe? -> [TEXT:cap]", {
  name: "caption",
  ...worldRecords(
    captionScenes,
    ({ image, caption: cap, references }) => ({ img: image, cap, references }),
    { size: 16 },
  ),
  metric: { name: "cider", references: "references" },
  generate: { beam: 1, maxLength: 4 },
});

const classify = task("[IMAGE:image] what is it? -> [TEXT:label,closed_set]", {
  name: "classify",
  ...worldRecords(classifyShapes, ({ image, label }) => ({ image, label }), { size: 16 }),
  closedSet: SHAPE_LABELS,
  metric: { name: "accuracy" },
  weight: 3,
  smoothing: 0.1,
});

const model = await tinyStart("decoder");
const tasks = [caption, classify];
const options = (name: string): TrainTasksOptions => ({
  model,
  tasks,
  steps: 4,
  positions: 300,
  threads: 1,
  dir: join(folder, name),
});
const weightsOf = (dir: string) => readFileSync(join(dir, "model.safetensors"));

describe("trainTasks", () => {
  test("goes on from a checkpoint bit for bit, and ends as a folder that opens", async () => {
    const whole = await trainTasks(options("whole"));
    const stop = new AbortController();
    const cut = { ...options("cut"), saveEvery: 1 };
    const first = await trainTasks({
      ...cut,
      onStep: ({ step }) => step === 2 && stop.abort(),
      signal: stop.signal,
    });
    expect(first.model).toBeUndefined();
    let from = -1;
    const second = await trainTasks({ ...cut, onStart: (step) => (from = step) });
    expect(from).toBe(2);
    expect(weightsOf(second.model!).equals(weightsOf(whole.model!))).toBe(true);

    using opened = await loadTaskModel(whole.model!, { threads: 1 });
    const { metric, count, errors, predictions } = await evaluateTask(opened, classify, {
      limit: 2,
    });
    expect({ metric, count, errors }).toEqual({ metric: "accuracy", count: 2, errors: 0 });
    expect(SHAPE_LABELS).toContain(predictions[0].answer!.label);
    using checkpoint = await loadTaskModel(join(folder, "cut", "step-00000004"), { threads: 1 });
    expect(checkpoint.config).toEqual(model.config);
  });

  test("measures tasks while training", async () => {
    const dir = join(folder, "measured");
    await trainTasks({ ...options("measured"), steps: 2, evaluate: { every: 1, limit: 2 } });
    const [first, last] = readFileSync(join(dir, "evaluations.jsonl"), "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, number>);
    expect(Object.keys(last)).toEqual(["step", "caption cider", "classify accuracy"]);
    expect([first.step, last.step]).toEqual([1, 2]);
    const steps = readFileSync(join(dir, "metrics.jsonl"), "utf8").trim().split("\n");
    expect(Object.keys(JSON.parse(steps[0]).metrics)).toEqual(["loss/caption", "loss/classify"]);
    expect(readdirSync(dir)).toContain("final");
  });

  test("refuses a folder with a run, two tasks of one name, a task without records", async () => {
    await expect(trainTasks({ ...options("measured"), resume: false })).rejects.toThrow(
      /holds a run already/,
    );
    await expect(trainTasks({ ...options("x"), tasks: [caption, caption] })).rejects.toThrow(
      'two tasks are called "caption"',
    );
    const { train: _, ...none } = caption;
    await expect(trainTasks({ ...options("x"), tasks: [none] })).rejects.toThrow(
      "task caption: it has no records to train on",
    );
  });
});

/** The gradients of one step over micro-batches. */
async function gradientsOf(trained: readonly Task[], batches: readonly MicroBatch[]) {
  const values = startingValues(model, 0);
  using trainer = await Trainer.create({
    loss: Object.fromEntries(
      tasks.flatMap((each) =>
        layoutsOf(each, model.vocabulary).map((layout) => [
          layoutKey(layout),
          taskLoss(model.config, layout),
        ]),
      ),
    ),
    weights: ({ name }) => values.get(name)!,
    optimizer: { ...defaultAdamW, clipNorm: 0 },
    learningRate: 0,
    schedule: { kind: "constant", warmup: 0, steps: 1 },
    threads: 1,
  });
  expect(trained.length).toBe(batches.length);
  const { loss } = await trainer.step(batches);
  const gradients = Array.from(trainer.memory.gradients, ([name, { data }]) => ({
    name,
    data: Float32Array.from(data as Float32Array),
  }));
  return { loss, gradients };
}

test.each(["tasks", "tokens"] as const)(
  "a step over all tasks is the weighted mean of steps over each, balanced by %s",
  async (balance) => {
    const source = taskSource({
      config: model.config,
      start: model.vocabulary.marks.targetStart,
      tasks: tasks.map((each) => trainTask(each, model, 0)),
      positions: 300,
      seed: 0,
      order: "in turn",
      balance,
    });
    const batches = [(await source.next())!, (await source.next())!];
    const all = await gradientsOf(tasks, batches);
    const [a, b] = [
      await gradientsOf([caption], [batches[0]]),
      await gradientsOf([classify], [batches[1]]),
    ];
    const tokens = batches.map(({ inputs }) => inputs.labels.shape[0]);
    const shares = balance === "tasks" ? [1, 3] : [tokens[0], 3 * tokens[1]];
    const [p, q] = shares.map((share) => share / (shares[0] + shares[1]));
    expect(all.loss).toBeCloseTo(p * a.loss + q * b.loss, 5);
    let worst = 0;
    for (const [i, { data }] of all.gradients.entries()) {
      const [x, y] = [a.gradients[i].data, b.gradients[i].data];
      for (let j = 0; j < data.length; j++) {
        worst = Math.max(worst, Math.abs(data[j] - (p * x[j] + q * y[j])));
      }
    }
    expect(worst).toBeLessThan(1e-5);
    expect(all.gradients.some(({ data }) => data.some((value) => Math.abs(value) > 1e-3))).toBe(
      true,
    );
  },
);

test("round-robin takes one task a step, weighted draws them", async () => {
  const seen = async (schedule: "round-robin" | "weighted") => {
    const steps: string[] = [];
    await trainTasks({
      ...options(schedule),
      ...{ schedule, steps: 5, saveEvery: 100 },
      onStep: ({ metrics }) => steps.push(Object.keys(metrics).join(" ").replaceAll("loss/", "")),
    });
    return steps;
  };
  const [one, other] = ["caption", "classify"];
  expect(await seen("round-robin")).toEqual([one, other, one, other, one]);
  // Classify is drawn three times as often.
  const drawn = await seen("weighted");
  expect(new Set([...drawn, one, other])).toEqual(new Set([one, other]));
  expect(drawn.filter((name) => name === other).length).toBeGreaterThan(2);
});
