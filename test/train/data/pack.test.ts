/** Samples that share a row: packing changes nothing but the speed. */

import * as fc from "fast-check";
import { expect, it } from "vitest";
import { createRandom } from "../../../src/nn/random.ts";
import {
  decoderLoss,
  defaultAdamW,
  languageModelGradient,
  microBatch,
  type PackStrategy,
  pack,
  packedBatch,
  type Sequence,
  type Trainer,
} from "../../../src/train/index.ts";
import { createTinyTrainer, f32, randomSequences, tiny } from "../support.ts";

const sizeOf = (bin: readonly Sequence[]) => bin.reduce((n, { tokens }) => n + tokens.length, 0);

/** Pairs of a predicted token and the one before it, and how often each is learned. */
function learnedPairs(sequences: readonly Sequence[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { tokens, learned } of sequences) {
    for (let t = 1; t < tokens.length; t++) {
      if (!learned[t]) continue;
      const key = `${tokens[t - 1]} ${tokens[t]}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  return counts;
}

it.each<PackStrategy>(["best-fit", "wrapped"])("%s: rows fit and every label stays", (strategy) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 60 }),
      fc.nat(1000),
      fc.integer({ min: 11, max: 50 }),
      (count, seed, capacity) => {
        const samples = randomSequences(count, `pack ${seed}`);
        const { bins, cut } = pack(samples, capacity, strategy);
        for (const bin of bins) expect(sizeOf(bin)).toBeLessThanOrEqual(capacity);
        expect(learnedPairs(bins.flat())).toEqual(learnedPairs(samples));
        if (strategy === "wrapped") return;
        expect(cut).toBe(0);
        expect(bins.flat().length).toBe(samples.length);
        // Best fit leaves at most one row half empty.
        expect(bins.filter((bin) => sizeOf(bin) * 2 <= capacity).length).toBeLessThanOrEqual(1);
      },
    ),
  );
});

it("best fit cuts no sample that fits, and needs hardly more rows than joining all", () => {
  const samples = randomSequences(400, "strategies");
  const best = pack(samples, 48, "best-fit");
  const wrapped = pack(samples, 48, "wrapped");
  expect(best.cut).toBe(0);
  expect(wrapped.cut).toBeGreaterThan(20);
  expect(best.bins.length).toBeLessThan(wrapped.bins.length * 1.1);
});

it("puts a sample into the fullest row that has room", () => {
  const sample = (length: number): Sequence => {
    const tokens = Array.from({ length }, () => 1);
    return { tokens, learned: tokens };
  };
  const { bins } = pack([5, 40, 8, 33, 10].map(sample), 48);
  expect(bins.map((bin) => bin.map(({ tokens }) => tokens.length))).toEqual([
    [40, 8],
    [33, 10, 5],
  ]);
  expect(() => pack([{ ...sample(49), where: "a.jsonl:3" }], 48)).toThrow(
    "a sample of 49 tokens (a.jsonl:3) exceeds a row of 48",
  );
});

const still = { learningRate: 0, optimizer: { ...defaultAdamW, clipNorm: 0 } };

/** Fresh layers put nothing out, so attention would not show: every parameter moves a little. */
function nudge(trainer: Trainer): void {
  const random = createRandom(4, "nudge");
  for (const array of trainer.memory.parameters.values()) {
    const values = f32(array);
    for (let i = 0; i < values.length; i++) values[i] += 0.3 * random.normal();
  }
}

/** Loss and gradients of one step. */
async function measure(trainer: Trainer, batches: Parameters<Trainer["step"]>[0]) {
  const { loss } = await trainer.step(batches);
  const gradients = new Map(
    [...trainer.memory.gradients].map(([name, array]) => [name, f32(array).slice()]),
  );
  return { loss, gradients, evaluated: await trainer.evaluate(batches) };
}

it.each([
  ["full attention", tiny],
  ["a sliding window", { ...tiny, windows: [0, 3] }],
])("gives the loss and the gradients of the samples alone: %s", async (_, config) => {
  const samples = randomSequences(14, "equal");
  const plain = await createTinyTrainer({ config, ...still });
  const packed = await createTinyTrainer({
    config,
    loss: decoderLoss(config, { packed: true }),
    ...still,
  });
  nudge(plain);
  nudge(packed);
  const expected = await measure(
    plain,
    samples.map((sample) => microBatch([sample])),
  );
  const { bins } = pack(samples, 40);
  expect(Math.max(...bins.map((bin) => bin.length))).toBeGreaterThan(3);
  const found = await measure(packed, [packedBatch(bins)]);
  expect(Math.abs(found.loss - expected.loss)).toBeLessThan(1e-5);
  expect(Math.abs(found.evaluated - expected.evaluated)).toBeLessThan(1e-5);
  for (const [name, gradient] of expected.gradients) {
    const other = found.gradients.get(name)!;
    const apart = gradient.reduce((most, x, i) => Math.max(most, Math.abs(x - other[i])), 0);
    expect(apart, name).toBeLessThan(1e-5);
  }
  // The comparison sees a difference where attention is not confined.
  const { inputs, ...rest } = packedBatch(bins);
  const joined = {
    ...inputs,
    segments: { ...inputs.segments, data: inputs.segments.data.slice() },
  };
  (joined.segments.data as BigInt64Array).fill(1n);
  const mixed = await measure(packed, [{ ...rest, inputs: joined }]);
  expect(Math.abs(mixed.loss - expected.loss)).toBeGreaterThan(1e-3);
});

it("weighs the losses of samples", async () => {
  const [a, b] = randomSequences(2, "weighted");
  const trainer = await createTinyTrainer({
    loss: decoderLoss(tiny, { packed: true, weighted: true }),
    ...still,
  });
  nudge(trainer);
  const mean = async (...samples: Sequence[]) =>
    trainer.evaluate([packedBatch([samples], { weighted: true })]);
  const count = ({ learned }: Sequence) => Array.from(learned).filter((x, t) => t > 0 && x).length;
  const [lossA, lossB] = [await mean(a), await mean(b)];
  const both = await mean({ ...a, weight: 3 }, b);
  const [weightA, weightB] = [3 * count(a), count(b)];
  expect(both).toBeCloseTo((weightA * lossA + weightB * lossB) / (weightA + weightB), 5);
  const batch = microBatch([{ ...a, weight: 3 }, b], { weighted: true });
  expect(batch.supervised).toBeCloseTo(weightA + weightB, 6);
});

it("refuses models whose layers carry state from sample to sample", () => {
  const deltaNet = { layers: [false, true] } as never; // the check reads no more
  expect(() => decoderLoss({ ...tiny, deltaNet }, { packed: true })).toThrow(
    "samples of a qwen3 model cannot share a row: layer 1 is a gated delta net",
  );
  const rope = { type: "dynamic", theta: 1e4, width: 8, factor: 2, originalLength: 8 } as never;
  expect(() => languageModelGradient({ ...tiny, rope }, { packed: true })).toThrow(
    "rope type dynamic",
  );
});

it("tells where a packed batch comes from", () => {
  const [a, b] = randomSequences(2, "origin");
  const bins = [
    [
      { ...a, where: "a:1" },
      { ...b, where: "b:2" },
    ],
    [{ ...a, where: "a:1" }],
  ];
  expect(packedBatch(bins).origin).toBe("a:1, b:2");
});
