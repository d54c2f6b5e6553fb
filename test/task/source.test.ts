/** Micro-batches of many tasks: orders, weights, cursors. */

import { describe, expect, it } from "vitest";
import { createRandom } from "../../src/nn/index.ts";
import {
  type PreparedSample,
  type TaskSourceOptions,
  type TrainTask,
  taskSource,
} from "../../src/task/index.ts";
import type { MicroBatch } from "../../src/train/index.ts";
import { decoderModel, prepare, standing } from "./support.ts";

const motion = await prepare("go -> [MOTION:m]", { m: standing(4) });

const textSample = (seed: string): PreparedSample => {
  const random = createRandom(5, seed);
  const some = (most: number) =>
    Array.from({ length: 1 + random.below(most) }, () => 20 + random.below(200));
  return {
    groups: [{ kind: "text", ids: some(12) }],
    target: { kind: "tokens", ids: some(6), prefix: 0 },
  };
};

const textTask = (name: string, rest: Partial<TrainTask> = {}): TrainTask => ({
  name,
  samples: async (k) => Array.from({ length: 7 }, (_, i) => textSample(`${name} ${k} ${i}`)),
  ...rest,
});

const motionTask: TrainTask = {
  name: "motion",
  weight: 0.5,
  samples: async () => [motion, motion],
};

const options = (rest: Partial<TaskSourceOptions> = {}): TaskSourceOptions => ({
  config: decoderModel,
  start: 3,
  tasks: [textTask("a", { weight: 2 }), motionTask, textTask("b")],
  positions: 64,
  seed: 9,
  order: "in turn",
  ...rest,
});

const take = async (source: ReturnType<typeof taskSource>, count: number) => {
  const batches: MicroBatch[] = [];
  for (let i = 0; i < count; i++) batches.push((await source.next())!);
  return batches;
};

describe.each(["in turn", "by weight"] as const)("order %s", (order) => {
  it.each(["tasks", "tokens"] as const)("goes on from any cursor (balance %s)", async (balance) => {
    const whole = await take(taskSource(options({ order, balance })), 24);
    for (const stop of [1, 5, 11, 17]) {
      const first = taskSource(options({ order, balance }));
      await take(first, stop);
      const cursor = JSON.parse(JSON.stringify(first.cursor));
      const second = taskSource(options({ order, balance }));
      await second.seek(cursor);
      expect(await take(second, 24 - stop)).toEqual(whole.slice(stop));
    }
  });
});

describe("order", () => {
  it("in turn takes each task, whose weight is that of its mean loss", async () => {
    const batches = await take(taskSource(options()), 6);
    expect(batches.map(({ task }) => task)).toEqual(["a", "motion", "b", "a", "motion", "b"]);
    expect(batches.map(({ supervised }) => supervised)).toEqual([2, 0.5, 1, 2, 0.5, 1]);
  });

  it("by weight draws tasks in proportion, each of weight 1", async () => {
    const batches = await take(taskSource(options({ order: "by weight" })), 700);
    const share = (name: string) => batches.filter(({ task }) => task === name).length / 700;
    expect(share("a")).toBeCloseTo(2 / 3.5, 1);
    expect(share("motion")).toBeCloseTo(0.5 / 3.5, 1);
    expect(new Set(batches.map(({ supervised }) => supervised))).toEqual(new Set([1]));
  });

  it("multiplies a task's loss by its scale in either", async () => {
    const tasks = [textTask("a", { weight: 2, lossScale: 6 })];
    const scaleOf = async (order: "in turn" | "by weight") =>
      (await take(taskSource(options({ tasks, order })), 1))[0]!.supervised;
    expect(await scaleOf("in turn")).toBeCloseTo(12);
    expect(await scaleOf("by weight")).toBeCloseTo(6);
  });

  it("of a pool is every sample once, those of like length together", async () => {
    const source = taskSource(options({ tasks: [textTask("a")], balance: "tokens" }));
    const wanted = (await textTask("a").samples(0)).reduce(
      (sum, { target }) => sum + (target.kind === "tokens" ? target.ids.length : 0),
      0,
    );
    let [sum, count] = [0, 0];
    while (sum < wanted) {
      sum += (await take(source, 1))[0]!.supervised;
      count++;
    }
    expect(sum).toBe(wanted);
    expect(count).toBeGreaterThan(1);
    expect(source.cursor).toMatchObject({ tasks: { a: { pool: 1, batch: 0 } } });
  });

  it("puts samples of one layout into a batch", async () => {
    const mixed = textTask("mixed", { samples: async () => [motion, textSample("x"), motion] });
    const batches = await take(taskSource(options({ tasks: [mixed] })), 2);
    expect(batches.map(({ loss }) => loss).toSorted()).toEqual(["text>motion", "text>tokens"]);
  });
});

describe("refusals", () => {
  it.each([
    [{ tasks: [] }, "task: there are no tasks to train"],
    [{ tasks: [textTask("a"), textTask("a")] }, 'task: two tasks are named "a"'],
    [{ tasks: [textTask("a", { weight: 0 })] }, "task a: weight is 0, expected a number above 0"],
    [{ tasks: [textTask("a", { weight: Number.NaN })] }, "task a: weight is NaN"],
  ])("of tasks: %#", (rest, message) => {
    expect(() => taskSource(options(rest))).toThrow(message);
  });

  it.each([
    [{}, 'the cursor must hold a whole number "turn"'],
    [{ turn: 3, tasks: { a: { pool: 0, batch: 0 } } }, 'no place of the task "motion"'],
  ])("of cursors: %#", (cursor, message) => {
    expect(() => taskSource(options()).seek(cursor)).toThrow(message);
  });

  it("of data that have changed behind a cursor", async () => {
    const source = taskSource(options({ tasks: [textTask("a")] }));
    source.seek({ turn: 0, tasks: { a: { pool: 0, batch: 40 } } });
    await expect(source.next()).rejects.toThrow(
      /task a: pool 0 has \d micro-batches, but the cursor/,
    );
  });

  it("of a pool without samples, and of a sample that is too long", async () => {
    const none = textTask("a", { samples: async () => [] });
    await expect(taskSource(options({ tasks: [none] })).next()).rejects.toThrow(
      "task a: pool 0 of its data has no samples",
    );
    const small = textTask("a", { positions: 4 });
    await expect(taskSource(options({ tasks: [small] })).next()).rejects.toThrow(
      /task a: a sample of \d+ positions does not fit into micro-batches of 4/,
    );
  });
});
