/** A trainer over several losses: what they share, what is theirs alone, what is reported. */

import { describe, expect, it, onTestFinished } from "vitest";
import { fromValues } from "../../src/graph/ndarray.ts";
import { mul } from "../../src/graph/ops/elementwise.ts";
import { input } from "../../src/graph/ops/leaf.ts";
import { sum } from "../../src/graph/ops/reduce.ts";
import { ones } from "../../src/nn/scope.ts";
import { defaultAdamW, type LossFunction, Trainer } from "../../src/train/index.ts";
import { f32 } from "./support.ts";

/** Sum of x · shared · own; reports the sum of x, and x itself. */
const product =
  (own: string): LossFunction =>
  (p) => {
    const x = input("x", "f32", [2]);
    const both = mul(p.parameter("shared", [2], ones), p.parameter(own, [2], ones));
    return {
      inputs: [x],
      total: sum(mul(x, both)),
      metrics: { total: sum(x), parts: mul(x, 1) },
    };
  };

const start: Record<string, number[]> = { shared: [2, 3], a: [5, 7], b: [11, 13] };

async function create(loss: Readonly<Record<string, LossFunction>> | LossFunction) {
  const trainer = await Trainer.create({
    loss,
    weights: ({ name }) => fromValues("f32", [2], start[name]!),
    optimizer: { ...defaultAdamW, clipNorm: 0 },
    learningRate: 0,
    schedule: { kind: "constant", warmup: 0, steps: 1 },
    threads: 1,
  });
  onTestFinished(() => trainer.dispose());
  return trainer;
}

const batch = (loss: string, x: number[], supervised: number, task?: string) => ({
  inputs: { x: fromValues("f32", [2], x) },
  supervised,
  tokens: 2,
  loss,
  ...(task && { task }),
});

const gradientsOf = (trainer: Trainer): Record<string, number[]> =>
  Object.fromEntries(
    Array.from(trainer.memory.gradients, ([name, array]) => [name, Array.from(f32(array))]),
  );

const both = { first: product("a"), second: product("b") };

describe("a step", () => {
  it("sums gradients of what is shared, and leaves 0 where nothing is used", async () => {
    const trainer = await create(both);
    const batches = [
      batch("first", [1, 0], 1, "one"),
      batch("second", [0, 2], 2, "two"),
      batch("first", [3, 3], 1, "three"),
    ];
    const { loss, metrics } = await trainer.step(batches);
    // d/dshared: x · own, over the four that are supervised.
    expect(gradientsOf(trainer)).toEqual({
      shared: [(1 * 5 + 3 * 5) / 4, (2 * 13 + 3 * 7) / 4],
      a: [((1 + 3) * 2) / 4, (3 * 3) / 4],
      b: [0, (2 * 3) / 4],
    });
    const sums = [1 * 2 * 5, 2 * 3 * 13, 3 * 2 * 5 + 3 * 3 * 7];
    expect(loss).toBeCloseTo((sums[0]! + sums[1]! + sums[2]!) / 4, 5);
    expect(metrics).toMatchObject({
      "loss/one": expect.closeTo(sums[0]!, 4),
      "loss/two": expect.closeTo(sums[1]! / 2, 4),
      "loss/three": expect.closeTo(sums[2]!, 4),
    });
    await trainer.step([batch("second", [1, 1], 1)]);
    expect(gradientsOf(trainer)).toEqual({ shared: [11, 13], a: [0, 0], b: [2, 3] });
  });

  it("gives the bits that a trainer of one loss gives", async () => {
    const several = await create(both);
    const alone = await create(both.first);
    const batches = [batch("first", [0.3, 0.7], 3), batch("first", [0.1, 1.9], 5)];
    const expected = await alone.step(batches.map(({ loss: _, ...rest }) => rest));
    const found = await several.step(batches);
    expect(found.loss).toBe(expected.loss);
    const { b, ...shared } = gradientsOf(several);
    expect(shared).toEqual(gradientsOf(alone));
    expect(b).toEqual([0, 0]);
  });

  it("adds what losses report under one name", async () => {
    const trainer = await create(both);
    const batches = [batch("first", [1, 2], 1), batch("second", [10, 20], 1)];
    const { metrics, sums } = await trainer.step(batches);
    expect(metrics.total).toBeCloseTo((1 + 2 + 10 + 20) / 2, 5);
    expect(Array.from(f32(sums.parts))).toEqual([11, 22]);
  });

  it("joins the losses of a task's batches", async () => {
    const trainer = await create(both);
    const batches = [batch("first", [1, 0], 1, "task"), batch("second", [1, 0], 3, "task")];
    const { metrics } = await trainer.step(batches);
    expect(metrics["loss/task"]).toBeCloseTo((2 * 5 + 2 * 11) / 4, 5);
  });
});

it("evaluates each batch by its loss", async () => {
  const trainer = await create(both);
  const mean = await trainer.evaluate([batch("first", [1, 0], 1), batch("second", [1, 0], 3)]);
  expect(mean).toBeCloseTo((2 * 5 + 2 * 11) / 4, 5);
});

describe("refusals", () => {
  it("of a loss that is none", async () => {
    const trainer = await create(both);
    await expect(trainer.step([batch("third", [1, 0], 1)])).rejects.toThrow(
      'train: a batch is for the loss "third"; expected one of first, second',
    );
  });

  it("of a parameter with two shapes", async () => {
    const long: LossFunction = (p) => ({ inputs: [], total: sum(p.parameter("a", [3], ones)) });
    await expect(create({ first: product("a"), long })).rejects.toThrow(
      "Trainer.create: parameter a is [2] for one loss and [3] for another",
    );
  });
});
