/** Every preset trains and answers over its generated records, without downloads, on both bodies. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  evaluateTask,
  glueTask,
  loadTaskModel,
  type Preset,
  parseInstruction,
  planOf,
  preset,
  presetOf,
  presets,
  type Task,
  type TaskModel,
  trainTasks,
} from "../../src/task/index.ts";
import { startingValues } from "../../src/task/model/starting-model.ts";
import { recordsOf } from "../../src/task/records.ts";
import { TaskModel as Model } from "../../src/task/run/task-model.ts";
import { layoutsOf } from "../../src/task/train/layouts.ts";
import { layoutKey, taskLoss } from "../../src/task/train/loss.ts";
import { taskSource } from "../../src/task/train/source.ts";
import { trainTask } from "../../src/task/train/train-task.ts";
import { defaultAdamW, Trainer } from "../../src/train/index.ts";
import { tinyStart } from "./tiny.ts";

const folder = mkdtempSync(join(tmpdir(), "onefold-presets-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Few records, short answers. */
const small = ({ name }: Preset): Task =>
  preset(name, {
    world: { size: 3 },
    generate: short[planOf(parseInstruction(presetOf(name).instruction)).target.kind],
  });
const short = {
  tokens: { maxLength: 6, beam: 2 },
  codes: {},
  speech: { positions: 2 },
  motion: { frames: 2, steps: 2 },
};

test("the 23 of OFASys are there once each", () => {
  const numbers = presets.flatMap(({ number }) => number ?? []);
  expect(numbers).toEqual(Array.from({ length: 23 }, (_, i) => i + 1));
  expect(new Set(presets.map(({ name }) => name)).size).toBe(presets.length);
});

test("an unknown preset is told with the nearest one", () => {
  expect(() => preset("captoin")).toThrow(
    'preset "captoin" does not exist; did you mean "caption"?',
  );
  expect(() => preset("chess")).toThrow(/it is one of nlu, instructions/);
});

test("a task of GLUE takes another instruction over its own data", () => {
  const { instruction, closedSet } = preset("nlu", glueTask("mnli"));
  expect(instruction).toContain(
    'imply text2 " [TEXT:sentence2,no_loss] "? [TEXT:label,closed_set]',
  );
  expect(closedSet).toEqual(["yes", "maybe", "no"]);
});

describe.each(["decoder", "ofa"] as const)("over %s", (kind) => {
  const tasks = presets.map(small);
  let model: TaskModel;

  beforeAll(async () => {
    const dir = join(folder, kind);
    const losses = new Set<string>();
    const { model: path } = await trainTasks({
      model: await tinyStart(kind),
      tasks,
      steps: 2,
      positions: 1200,
      threads: 1,
      dir,
      onStep({ metrics }) {
        for (const name of Object.keys(metrics)) losses.add(name);
      },
    });
    expect(losses).toEqual(new Set(tasks.map(({ name }) => `loss/${name}`)));
    model = await loadTaskModel(path!, { threads: 1 });
  }, 60_000);
  afterAll(() => model?.[Symbol.dispose]());

  test.each(tasks.map((task) => [task.name, task] as const))("%s answers", async (_, task) => {
    if (task.metric) {
      const { predictions, value, count } = await evaluateTask(model, task, { limit: 1 });
      expect(predictions.map(({ error }) => error)).toEqual([undefined]);
      expect(count).toBe(1);
      expect(value).toSatisfy(Number.isFinite);
      return;
    }
    for await (const record of recordsOf(task.heldOut!, 1, task.name)) {
      const answer = await model.infer(task.plans[0], record as never, task.generate);
      const { target } = task.plans[0];
      expect(Object.keys(answer)).toEqual(
        target.kind !== "tokens"
          ? [target.slot.name]
          : target.repeated
            ? ["items"]
            : target.generated.map(({ name }) => name),
      );
    }
  });

  test.each([
    ["words", "caption"],
    ["a closed set", "vqa"],
    ["a box", "grounding"],
    ["objects", "detection"],
    ["codes", "text-to-image"],
    ["speech", "tts"],
    ["motion", "text-to-motion"],
  ])("the loss of %s goes down on a fixed batch", async (_, name) => {
    const start = await tinyStart(kind);
    const { config, vocabulary } = start;
    const task = tasks.find((each) => each.name === name)!;
    const values = startingValues(start, 0);
    const weights = ({ name: of }: { readonly name: string }) => values.get(of)!;
    using codes = new Model({ config, vocabulary, weights, threads: 1 });
    const source = taskSource({
      config,
      start: vocabulary.marks.targetStart,
      tasks: [trainTask(task, codes.preparation, 0)],
      positions: 600,
      seed: 0,
      order: "in turn",
    });
    const batch = (await source.next())!;
    using trainer = await Trainer.create({
      loss: Object.fromEntries(
        layoutsOf(task, vocabulary).map((layout) => [layoutKey(layout), taskLoss(config, layout)]),
      ),
      weights,
      optimizer: defaultAdamW,
      learningRate: 1e-2,
      schedule: { kind: "constant", warmup: 0, steps: 12 },
      threads: 1,
    });
    const { loss: first } = await trainer.step([batch]);
    for (let i = 0; i < 10; i++) await trainer.step([batch]);
    const { loss: last } = await trainer.step([batch]);
    expect(last).toBeLessThan(0.9 * first);
  });
});
