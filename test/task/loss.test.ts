/** Losses of every layout: padding, closed sets, gradients, and tasks that count alike. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { NDArray } from "../../src/graph/ndarray.ts";
import { createRandom } from "../../src/nn/index.ts";
import {
  layoutKey,
  layoutOf,
  type PreparedSample,
  type TaskModelConfig,
  taskLoss,
} from "../../src/task/index.ts";
import { batchOf, weighed } from "../../src/task/train/batch.ts";
import type { MicroBatch, Trainer } from "../../src/train/index.ts";
import {
  clip,
  createTaskTrainer,
  decoderModel,
  noiseImage,
  ofaModel,
  prepare,
  spans,
  standing,
  tone,
  vocabulary,
  weightsOf,
} from "./support.ts";

const START = vocabulary.marks.targetStart;
const closedSet = ["yes", "no", "a little"];

/** Two samples of each layout, of different lengths. */
async function samplesOf(config: TaskModelConfig): Promise<Record<string, PreparedSample[]>> {
  const marks = config.body.kind === "ofa" ? { vocabulary: spans } : {};
  const two = (text: string, ...records: Record<string, unknown>[]) =>
    Promise.all(records.map((record) => prepare(text, record, { config, closedSet, ...marks })));
  const [small, wide] = [noiseImage(16, 16, 3), noiseImage(20, 12, 4)];
  const all = [
    await two("[TEXT:q] -> so [TEXT:a]", { q: "why?", a: "it" }, { q: "who", a: "they are all" }),
    await two(
      "is it? [TEXT:q] -> [TEXT:a,closed_set]",
      { q: "x", a: "no" },
      { q: "longer", a: "yes" },
    ),
    await two("[IMAGE:i] what? -> [TEXT:a]", { i: small, a: "cat" }, { i: wide, a: "a long dog" }),
    await two("[VIDEO:v] -> [TEXT:a]", { v: clip(3), a: "it runs" }, { v: clip(2), a: "it" }),
    await two(
      "hear [AUDIO:s] -> [TEXT:a]",
      { s: tone(900), a: "one" },
      { s: tone(4000), a: "twenty" },
    ),
    await two("draw [TEXT:q] -> [IMAGE:i]", { q: "a", i: small }, { q: "much more", i: wide }),
    await two("say [TEXT:q] -> [AUDIO:s]", { q: "a", s: tone(700) }, { q: "more", s: tone(2500) }),
    await two(
      "move [TEXT:q] -> [MOTION:m]",
      { q: "a", m: standing(3) },
      { q: "on", m: standing(7) },
    ),
  ];
  return Object.fromEntries(all.map((samples) => [layoutKey(layoutOf(samples[0]!)), samples]));
}

const batchFor = (
  config: TaskModelConfig,
  samples: readonly PreparedSample[],
  weight: number | "tokens" = "tokens",
): MicroBatch => {
  const batch = batchOf(config, START, samples, createRandom(1));
  return weight === "tokens"
    ? weighed(batch, "task", 1, "tokens")
    : weighed(batch, "task", weight, "tasks");
};

const lossesOf = (config: TaskModelConfig, all: Record<string, PreparedSample[]>) =>
  Object.fromEntries(
    Object.entries(all).map(([key, [first]]) => [key, taskLoss(config, layoutOf(first!))]),
  );

const copies = (arrays: ReadonlyMap<string, NDArray>): Map<string, Float32Array> =>
  new Map(Array.from(arrays, ([name, { data }]) => [name, (data as Float32Array).slice()]));

/** Of central differences. */
const STEP = 3e-3;

const bodies = { decoder: decoderModel, "encoder-decoder": ofaModel };

describe.each(Object.entries(bodies))("%s", (_, config) => {
  let samples: Record<string, PreparedSample[]>;
  let trainer: Trainer;
  let start: Map<string, Float32Array>;
  beforeAll(async () => {
    samples = await samplesOf(config);
    trainer = await createTaskTrainer(lossesOf(config, samples));
    start = copies(trainer.memory.parameters);
  }, 60_000);
  afterAll(() => trainer.dispose());

  /** Gradients of a step, after which the parameters are as before. */
  async function gradientsOf(batches: readonly MicroBatch[]): Promise<Map<string, Float32Array>> {
    await trainer.step(batches);
    const { parameters, gradients } = trainer.memory;
    for (const [name, values] of start) (parameters.get(name)!.data as Float32Array).set(values);
    return copies(gradients);
  }

  it("padding adds nothing: a batch is the sum of its samples", async () => {
    expect(Object.keys(samples).length).toBe(8);
    for (const [key, [first, second]] of Object.entries(samples)) {
      if (key.endsWith("motion")) continue; // its noise is drawn for a batch
      const sum = async (own: readonly PreparedSample[]) => {
        const batch = batchFor(config, own);
        return (await trainer.evaluate([batch])) * batch.supervised;
      };
      const [both, one, other] = [
        await sum([first!, second!]),
        await sum([first!]),
        await sum([second!]),
      ];
      expect(one, key).toBeGreaterThan(0);
      expect(Math.abs(both - one - other), key).toBeLessThan(1e-5 * both);
    }
  });

  it("padded frames of motion change nothing", async () => {
    const key = "text>motion";
    const [first] = samples[key]!;
    const padded = batchFor(config, [first!]);
    const cut = Object.entries(padded.inputs).map(([name, array]): [string, NDArray] => {
      if (!name.startsWith("target.") || name === "target.noise") return [name, array];
      const [, length, ...width] = array.shape as number[];
      const kept = (array.data.length / length!) * 3;
      const data = (array.data as Float32Array).slice(0, kept);
      return [name, { ...array, shape: [1, 3, ...width], data } as NDArray];
    });
    const whole = await trainer.evaluate([{ ...padded, inputs: Object.fromEntries(cut) }]);
    expect(await trainer.evaluate([padded])).toBeCloseTo(whole, 5);
  });

  // What the bodies' own gradients are, their tests say.
  it("gradients by the adaptors' parameters equal central differences", async () => {
    let checked = 0;
    for (const [key, own] of Object.entries(samples)) {
      const batch = batchFor(config, own);
      const found = Array.from(await gradientsOf([batch])).filter(
        ([name, gradient]) => name.startsWith("adaptors.") && Math.hypot(...gradient) > 1e-3,
      );
      checked += found.length;
      for (const [name, gradient] of found) {
        // Along the gradient itself the loss rises by its norm.
        const norm = Math.hypot(...gradient);
        const values = trainer.memory.parameters.get(name)!.data as Float32Array;
        const from = start.get(name)!;
        const lossAt = (by: number): Promise<number> => {
          for (let i = 0; i < from.length; i++) values[i] = from[i]! + (by * gradient[i]!) / norm;
          return trainer.evaluate([batch]);
        };
        const slope = ((await lossAt(STEP)) - (await lossAt(-STEP))) / (2 * STEP);
        values.set(from);
        const message = `${key}: ${name}: ${slope} against ${norm}`;
        expect(Math.abs(slope - norm) / (norm + 0.05), message).toBeLessThan(0.03);
      }
    }
    expect(checked).toBeGreaterThan(config.body.kind === "ofa" ? 20 : 50);
  }, 60_000);

  it("a step of balanced tasks has the mean of their mean losses' gradients", async () => {
    const batches = Object.values(samples).map((own) => batchFor(config, own, 1));
    const together = await gradientsOf(batches);
    const apart: Map<string, Float32Array>[] = [];
    for (const batch of batches) {
      expect(batch.inputs.scale!.data[0]).toBeLessThan(1); // its mean, not its sum
      apart.push(await gradientsOf([batch]));
    }
    for (const [name, gradient] of together) {
      const most = Math.max(...gradient.map(Math.abs));
      gradient.forEach((value, i) => {
        const mean = apart.reduce((sum, own) => sum + own.get(name)![i]!, 0) / apart.length;
        if (Math.abs(value - mean) > 1e-5 * most + 1e-6) expect(value, name).toBe(mean);
      });
    }
  }, 60_000);
});

describe("closed sets", () => {
  it("leave the loss of open answers where they allow everything, and none for one answer", async () => {
    const { vocabSize } = decoderModel.body.config;
    const open = await prepare("go -> [TEXT:a]", { a: "no" });
    if (open.target.kind !== "tokens") throw new Error("expected tokens");
    const everything = Int32Array.from({ length: vocabSize }, (_, i) => i);
    const all = { ...open.target, allowed: open.target.ids.map(() => everything) };
    const one = { ...open.target, allowed: open.target.ids.map((id) => Int32Array.of(id)) };
    const samples = [open, { ...open, target: all }, { ...open, target: one }];
    const losses = Object.fromEntries(
      samples.map((sample) => [
        layoutKey(layoutOf(sample)),
        taskLoss(decoderModel, layoutOf(sample)),
      ]),
    );
    using trainer = await createTaskTrainer(losses);
    const values: number[] = [];
    for (const sample of samples)
      values.push(await trainer.evaluate([batchFor(decoderModel, [sample])]));
    expect(values[0]).toBeGreaterThan(1);
    expect(values[1]).toBeCloseTo(values[0]!, 5);
    expect(values[2]).toBeCloseTo(0, 6);
  });
});

it("names the modality that the model does not give", () => {
  const { motion: _, speech: __, ...rest } = decoderModel;
  for (const target of ["motion", "speech"] as const) {
    const loss = taskLoss(rest, { source: ["text"], target });
    expect(() => weightsOf({ loss })).toThrow(/task: the model gives no (motion|sound)/);
  }
  const { image: ___, ...blind } = decoderModel;
  const loss = taskLoss(blind, { source: ["image"], target: "tokens" });
  expect(() => weightsOf({ loss })).toThrow(
    'task: the model has no image adaptor (config "image")',
  );
});
