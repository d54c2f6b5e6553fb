// Teaches the image adaptor to see before the body reads what it gives:
// npx tsx recipes/onefold-mini/generalist/train-eyes.ts --run runs/eyes
// Each position tells which object has its middle there; all together which characters, which
// written digit, which colours are largest and smallest in a chart. The heads are thrown away.
import { parseArgs } from "node:util";
import { fromValues, type NDArray, zeros } from "../../../src/graph/ndarray.ts";
import { mul, sub } from "../../../src/graph/ops/elementwise.ts";
import { input } from "../../../src/graph/ops/leaf.ts";
import { crossEntropy } from "../../../src/graph/ops/loss.ts";
import { softplus } from "../../../src/graph/ops/math.ts";
import { mean, sum } from "../../../src/graph/ops/reduce.ts";
import { reshape } from "../../../src/graph/ops/reshape.ts";
import { dim } from "../../../src/graph/shape.ts";
import type { Tensor } from "../../../src/graph/tensor.ts";
import { toPixels } from "../../../src/media/index.ts";
import type { Image } from "../../../src/media/types.ts";
import { imageAdaptor } from "../../../src/models/adaptors/index.ts";
import { initialise } from "../../../src/nn/initialise.ts";
import { linear } from "../../../src/nn/linear.ts";
import { createRandom, type Random } from "../../../src/nn/random.ts";
import type { Scope } from "../../../src/nn/scope.ts";
import {
  COLOUR_NAMES,
  makeChart,
  makeScene,
  nameObject,
  readDigits,
  readText,
  SHAPE_LABELS,
} from "../../../src/task/worlds/index.ts";
import { pooledBatches } from "../../../src/train/batches.ts";
import { gradientGraph, type LossFunction } from "../../../src/train/gradient.ts";
import { type MicroBatch, run, Trainer } from "../../../src/train/index.ts";
import { muon, optimizer, model as text } from "../config.ts";
import { generalistConfig } from "./model.ts";

const { values } = parseArgs({
  options: {
    run: { type: "string", default: "runs/eyes" },
    steps: { type: "string", default: "1000" },
    threads: { type: "string" },
  },
});
const steps = Number(values.steps);
const adaptor = generalistConfig().image!;
const SIDE = adaptor.size / adaptor.patch / (adaptor.merge ?? 1);
const CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789";
const seed = 1;

/** Embeddings of a batch of images, [batch, positions, width]. */
function see(p: Scope): { pixels: Tensor; embed: Tensor } {
  const pixels = input("pixels", "f32", [dim("batch"), 3, adaptor.size, adaptor.size]);
  const { embed } = imageAdaptor(p.in("adaptors", "image"), adaptor, pixels, text.hiddenSize);
  return { pixels, embed };
}

/** One class out of `classes` for the whole image. */
const whole =
  (head: string, classes: number): LossFunction =>
  (p) => {
    const { pixels, embed } = see(p);
    const labels = input("labels", "i64", [dim("batch")]);
    const logits = linear(p.in("heads", head), mean(embed, { axes: [1] }), classes);
    return { inputs: [pixels, labels], total: sum(crossEntropy(logits, labels)) };
  };

const loss: Record<string, LossFunction> = {
  /** Input `labels` i64 [batch, positions]: an object's number, or 0 for none. */
  scenes(p) {
    const { pixels, embed } = see(p);
    const labels = input("labels", "i64", [dim("batch"), SIDE ** 2]);
    const rows = reshape(embed, [-1, text.hiddenSize]);
    const logits = linear(p.in("heads", "scenes"), rows, SHAPE_LABELS.length + 1);
    return { inputs: [pixels, labels], total: sum(crossEntropy(logits, reshape(labels, [-1]))) };
  },
  /** Input `labels` f32 [batch, characters]: which occur. */
  text(p) {
    const { pixels, embed } = see(p);
    const labels = input("labels", "f32", [dim("batch"), CHARACTERS.length]);
    const logits = linear(p.in("heads", "text"), mean(embed, { axes: [1] }), CHARACTERS.length);
    return { inputs: [pixels, labels], total: sum(sub(softplus(logits), mul(logits, labels))) };
  },
  digits: whole("digits", 10),
  largest: whole("largest", COLOUR_NAMES.length),
  smallest: whole("smallest", COLOUR_NAMES.length),
};

function pixelsOf(images: readonly Image[]): NDArray {
  const all = zeros("f32", [images.length, 3, adaptor.size, adaptor.size]);
  const one = 3 * adaptor.size ** 2;
  images.forEach((image, i) => {
    toPixels(image, undefined, (all.data as Float32Array).subarray(i * one, (i + 1) * one));
  });
  return all;
}

function batchOf(task: string, images: readonly Image[], labels: NDArray): MicroBatch {
  return {
    inputs: { pixels: pixelsOf(images), labels },
    supervised: images.length,
    tokens: images.length * SIDE ** 2,
    loss: task,
    task,
  };
}

function scenes(random: Random, count: number): MicroBatch {
  const all = Array.from({ length: count }, () => makeScene(random, "train"));
  const labels = all.flatMap(({ objects }) => {
    const cells = Array<number>(SIDE ** 2).fill(0);
    for (const object of objects) {
      const [left, top, right, bottom] = object.box;
      const cell = (low: number, high: number): number =>
        Math.min(SIDE - 1, Math.floor(((low + high) / 2 / adaptor.size) * SIDE));
      const at = cell(top, bottom) * SIDE + cell(left, right);
      cells[at] = 1 + SHAPE_LABELS.indexOf(nameObject(object));
    }
    return cells;
  });
  const images = all.map(({ image }) => image);
  return batchOf("scenes", images, fromValues("i64", [count, SIDE ** 2], labels));
}

function words(random: Random, count: number): MicroBatch {
  const all = Array.from({ length: count }, () => readText(random, "train"));
  const labels = all.flatMap(({ text: read }) =>
    Array.from(CHARACTERS, (character) => (read.includes(character) ? 1 : 0)),
  );
  const images = all.map(({ image }) => image);
  return batchOf("text", images, fromValues("f32", [count, CHARACTERS.length], labels));
}

function digits(random: Random, count: number): MicroBatch {
  const all = Array.from({ length: count }, () => readDigits(random, "train"));
  const labels = all.map(({ digit }) => Number(digit));
  const images = all.map(({ image }) => image);
  return batchOf("digits", images, fromValues("i64", [count], labels));
}

function charts(random: Random, count: number, task: "largest" | "smallest"): MicroBatch {
  const all = Array.from({ length: count }, () => makeChart(random, "train"));
  const labels = all.map(({ parts }) => {
    const sorted = parts.toSorted((a, b) => b.value - a.value);
    return COLOUR_NAMES.indexOf(sorted.at(task === "largest" ? 0 : -1)!.colour);
  });
  const images = all.map(({ image }) => image);
  return batchOf(task, images, fromValues("i64", [count], labels));
}

/** Micro-batches of a step. */
const A_STEP = 4;
const source = pooledBatches({
  seed,
  pool: (k) => [k],
  cut: ([k]) => {
    const random = createRandom(seed, `step ${k}`);
    return [
      scenes(random, 40),
      words(random, 24),
      digits(random, 8),
      charts(random, 8, k % 2 === 0 ? "largest" : "smallest"),
    ];
  },
});

const specs = Object.values(loss).flatMap((f) => gradientGraph(f).parameters);
const initial = initialise(specs, seed);
using trainer = await Trainer.create({
  loss,
  weights: ({ name }) => initial.get(name)!,
  optimizer,
  muon,
  learningRate: 1.5e-3,
  schedule: { kind: "wsd", warmup: 30, steps, decay: Math.round(steps * 0.3), floor: 0.05 },
  threads: values.threads === undefined ? undefined : Number(values.threads),
});
const sums = new Map<string, { loss: number; count: number }>();
await run({
  dir: values.run,
  trainer,
  source,
  steps,
  accumulate: A_STEP,
  saveEvery: 100,
  keep: 1,
  fingerprint: JSON.stringify({ adaptor, seed }),
  onStep(m) {
    for (const [name, value] of Object.entries(m.metrics)) {
      const before = sums.get(name) ?? { loss: 0, count: 0 };
      sums.set(name, { loss: before.loss + value, count: before.count + 1 });
    }
    if (m.step % 25 !== 0) return;
    const means = Array.from(
      sums,
      ([name, s]) => `${name.slice(5)} ${(s.loss / s.count).toFixed(3)}`,
    );
    console.log(`step ${m.step}/${steps}  ${means.toSorted().join("  ")}`);
    sums.clear();
  },
});
