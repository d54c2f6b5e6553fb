import { describe, expect, it } from "vitest";
import { fromValues } from "../../src/graph/ndarray.ts";
import { mul, sqrt } from "../../src/graph/ops/elementwise.ts";
import { input } from "../../src/graph/ops/leaf.ts";
import { sum } from "../../src/graph/ops/reduce.ts";
import { ones } from "../../src/nn/scope.ts";
import { defaultAdamW, microBatch, type Sequence, Trainer } from "../../src/train/index.ts";
import { createTinyTrainer, f32, randomSequences } from "./support.ts";

const optimizer = { ...defaultAdamW, clipNorm: 0 };

/** `parts` micro-batches of one batch of 8, in its order. */
const cut = (samples: readonly Sequence[], parts: number) => {
  const size = samples.length / parts;
  return Array.from({ length: parts }, (_, i) =>
    microBatch(samples.slice(i * size, (i + 1) * size)),
  );
};

it("1, 2, 4 and 8 micro-batches of one batch give the same update", async () => {
  const samples = randomSequences(8, "accumulate");
  const counts = cut(samples, 8).map((batch) => batch.supervised);
  expect(new Set(counts).size).toBeGreaterThan(3); // unequal, or a mean of means would pass
  const whole = await createTinyTrainer({ optimizer });
  const expected = await whole.step(cut(samples, 1));
  for (const parts of [2, 4, 8]) {
    const trainer = await createTinyTrainer({ optimizer });
    const result = await trainer.step(cut(samples, parts));
    expect(result.loss).toBeCloseTo(expected.loss, 5);
    expect(result.supervised).toBe(expected.supervised);
    for (const [name, array] of whole.memory.gradients) {
      const scale = Math.max(...f32(array).map(Math.abs));
      const other = f32(trainer.memory.gradients.get(name));
      f32(array).forEach((x, i) => {
        expect(Math.abs(other[i] - x), name).toBeLessThan(1e-6 * Math.max(1, scale));
      });
    }
    // A first AdamW step moves by lr·sign(g) whatever the size of g, so where a gradient is about
    // 0 its rounding decides; elsewhere parameters must agree.
    for (const [name, array] of whole.memory.parameters) {
      const gradient = f32(whole.memory.gradients.get(name));
      const other = f32(trainer.memory.parameters.get(name));
      f32(array).forEach((x, i) => {
        if (Math.abs(gradient[i]) > 1e-4) expect(Math.abs(other[i] - x), name).toBeLessThan(1e-6);
      });
    }
  }
});

it("learns a repeated batch, and evaluates without learning", async () => {
  const trainer = await createTinyTrainer();
  const batch = microBatch(randomSequences(4, "overfit"));
  const before = await trainer.evaluate([batch]);
  const first = await trainer.step([batch]);
  expect(first.loss).toBeCloseTo(before, 5);
  for (let i = 0; i < 29; i++) await trainer.step([batch]);
  const after = await trainer.evaluate([batch, batch]);
  expect(after).toBeLessThan(before / 2);
  expect(await trainer.evaluate([batch])).toBeCloseTo(after, 6);
});

it("clips to the norm", async () => {
  const batch = microBatch(randomSequences(4, "clip"));
  const sgd = { ...defaultAdamW, beta1: 0, beta2: 0, epsilon: 1e6, weightDecay: 0 };
  const moved = async (clipNorm: number): Promise<number> => {
    // With such an epsilon a step is lr/epsilon times the gradient.
    const options = { optimizer: { ...sgd, clipNorm }, learningRate: 1e6 };
    const trainer = await createTinyTrainer(options);
    const before = new Map(Array.from(trainer.memory.parameters, ([k, a]) => [k, f32(a).slice()]));
    await trainer.step([batch]);
    let squares = 0;
    for (const [name, array] of trainer.memory.parameters) {
      f32(array).forEach((x, i) => {
        squares += (x - before.get(name)![i]) ** 2;
      });
    }
    return Math.sqrt(squares);
  };
  expect(await moved(0.25)).toBeCloseTo(0.25, 4);
  expect(await moved(0)).toBeGreaterThan(0.5);
});

describe("a loss that is not finite", () => {
  const batch = microBatch(randomSequences(2, "nan"));
  const snapshot = (trainer: Trainer) =>
    [trainer.memory.parameters, trainer.memory.means, trainer.memory.squares].map((arrays) =>
      Array.from(arrays.values(), (array) => f32(array).slice()),
    );

  it("stops with the step and the parameter, and changes nothing", async () => {
    const trainer = await createTinyTrainer();
    await trainer.step([batch]);
    f32(trainer.memory.parameters.get("model.layers.1.mlp.up_proj.weight"))[5] = Number.NaN;
    const before = snapshot(trainer);
    await expect(trainer.step([batch, batch])).rejects.toThrow(
      'train: the loss is NaN at step 2, first: "model.layers.1.mlp.up_proj.weight" is not finite; ',
    );
    expect(snapshot(trainer)).toEqual(before);
    expect(trainer.steps).toBe(1);
  });

  it("names the gradient where loss and parameters are finite, and the batch", async () => {
    using trainer = await createRootTrainer([4, 0]);
    const x = fromValues("f32", [2], [1, 1]);
    const origin = "a.jsonl, rows 1 to 2";
    const step = trainer.step([{ inputs: { x }, supervised: 1, tokens: 2, origin }]);
    await expect(step).rejects.toThrow(
      "train: a gradient is not finite at step 1 (batch: a.jsonl, rows 1 to 2), " +
        "first: the gradient by div is not finite",
    );
    expect(Array.from(f32(trainer.memory.parameters.get("w")))).toEqual([4, 0]);
  });
});

/** Loss: the sum of x times the root of w, whose derivative at 0 is infinite. */
const createRootTrainer = (start: readonly number[]): Promise<Trainer> =>
  Trainer.create({
    loss: (p) => {
      const x = input("x", "f32", [2]);
      return { inputs: [x], total: sum(mul(sqrt(p.parameter("w", [2], ones)), x)) };
    },
    weights: () => fromValues("f32", [2], start),
    optimizer,
    learningRate: 0,
    schedule: { kind: "constant", warmup: 0, steps: 1 },
    threads: 1,
  });

it("trains any loss", async () => {
  using trainer = await createRootTrainer([4, 1]);
  const batch = (x: number[]) => ({
    inputs: { x: fromValues("f32", [2], x) },
    supervised: 2,
    tokens: 2,
  });
  const { loss } = await trainer.step([batch([1, 1]), batch([3, 0])]);
  expect(loss).toBeCloseTo((2 + 1 + 6) / 4, 6);
  expect(Array.from(f32(trainer.memory.gradients.get("w")))).toEqual([0.25, 0.125]);
});

it("says that a model is missing", async () => {
  const trainer = Trainer.create({
    weights: () => fromValues("f32", [], [0]),
    optimizer,
    learningRate: 1,
    schedule: { kind: "constant", warmup: 0, steps: 1 },
  });
  await expect(trainer).rejects.toThrow("give a decoder's config or a loss");
});
