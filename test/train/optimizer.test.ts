import { expect, it } from "vitest";
import { fromValues } from "../../src/graph/ndarray.ts";
import { add, mul } from "../../src/graph/ops/elementwise.ts";
import { input } from "../../src/graph/ops/leaf.ts";
import { sum } from "../../src/graph/ops/reduce.ts";
import { ones } from "../../src/nn/scope.ts";
import { Trainer, type TrainerOptions } from "../../src/train/index.ts";
import { f32 } from "./support.ts";

const x = input("x", "f32", [2]);

/** Loss: x · (a + b), so that x is the gradient of both; a and b start at [1, 2]. */
const createPairTrainer = (options: Partial<TrainerOptions>): Promise<Trainer> =>
  Trainer.create({
    loss: (p) => {
      const [a, b] = ["a", "b"].map((name) => p.parameter(name, [2], ones));
      const seen = input("seen", "f32", [2]);
      return {
        inputs: [x],
        total: sum(mul(add(a, b), x)),
        metrics: { twice: mul(sum(x), 2), each: add(x, seen) },
        carried: { seen: { input: seen, output: add(seen, x) } },
      };
    },
    weights: () => fromValues("f32", [2], [1, 2]),
    optimizer: { kind: "sgd", momentum: 0, weightDecay: 0, clipNorm: 0 },
    learningRate: 0.5,
    schedule: { kind: "constant", warmup: 0, steps: 1 },
    threads: 1,
    ...options,
  });

const batch = (a: number, b: number, supervised = 1) => ({
  inputs: { x: fromValues("f32", [2], [a, b]) },
  supervised,
  tokens: 2,
});
const parameterOf = (trainer: Trainer, name: string): number[] =>
  Array.from(f32(trainer.memory.parameters.get(name)));

it("gives parameters rates of their own; 0 leaves one alone, decay and all", async () => {
  const rates: Record<string, number> = { a: 0.5, b: 0 };
  using trainer = await createPairTrainer({
    rateOf: ({ name }) => rates[name],
    decays: () => true,
    optimizer: { kind: "sgd", momentum: 0, weightDecay: 0.1, clipNorm: 0 },
  });
  await trainer.step([batch(4, 0)]);
  // a: rate 0.25, kept 1 - 0.025.
  expect(parameterOf(trainer, "a")[0]).toBeCloseTo(0.975 - 1, 6);
  expect(parameterOf(trainer, "a")[1]).toBeCloseTo(1.95, 6);
  expect(parameterOf(trainer, "b")).toEqual([1, 2]);
});

it("does not compute the gradient of a frozen parameter, and learns beside it", async () => {
  using trainer = await createPairTrainer({ trains: ({ name }) => name === "a" });
  const { loss } = await trainer.step([batch(4, 1)]);
  expect(loss).toBe(4 + 2 + 4 + 2);
  expect([...trainer.memory.parameters.keys()]).toEqual(["a"]);
  expect(parameterOf(trainer, "a")).toEqual([-1, 1.5]);
  expect(await trainer.evaluate([batch(4, 1)])).toBe(-4 + 1.5 + 4 + 2);
});

it("refuses to train nothing", async () => {
  await expect(createPairTrainer({ trains: () => false })).rejects.toThrow(
    "no parameter is trained",
  );
});

it("keeps a moving average, which starts at the parameters", async () => {
  using trainer = await createPairTrainer({ average: 0.75 });
  const average = f32(trainer.memory.averages.get("a"));
  expect(Array.from(average)).toEqual([1, 2]);
  await trainer.step([batch(4, 0)]); // a: -1
  expect(Array.from(average)).toEqual([0.5, 2]);
  await trainer.step([batch(0, 4)]); // a: -1, 0
  expect(Array.from(average)).toEqual([0.125, 1.5]);
});

it("reports metrics over all micro-batches, and carries state through one step only", async () => {
  using trainer = await createPairTrainer({});
  for (let step = 0; step < 2; step++) {
    const { metrics, sums } = await trainer.step([batch(1, 2), batch(3, 4), batch(5, 6)]);
    expect(metrics).toEqual({ twice: 14 });
    // Each micro-batch adds its x and all x before it: 3·x1 + 2·x2 + x3.
    expect(Array.from(f32(sums.each))).toEqual([3 + 6 + 5, 6 + 8 + 6]);
  }
});

it("lion moves by its rate, whatever the size of the gradient", async () => {
  using trainer = await createPairTrainer({
    optimizer: { kind: "lion", beta1: 0.9, beta2: 0.99, weightDecay: 0, clipNorm: 0 },
  });
  await trainer.step([batch(1e-3, -1e3)]);
  expect(parameterOf(trainer, "a")).toEqual([0.5, 2.5]);
});
