/**
 * What the image adaptor is taught to see, before and while the body reads what it gives: dense
 * labels, told by heads that are thrown away.
 */

import { fromValues, type NDArray, zeros } from "../../../src/graph/ndarray.ts";
import { add, mul } from "../../../src/graph/ops/elementwise.ts";
import { input } from "../../../src/graph/ops/leaf.ts";
import { crossEntropy } from "../../../src/graph/ops/loss.ts";
import { mean, sum } from "../../../src/graph/ops/reduce.ts";
import { reshape, transpose } from "../../../src/graph/ops/reshape.ts";
import { dim } from "../../../src/graph/shape.ts";
import type { Tensor } from "../../../src/graph/tensor.ts";
import { toPixels } from "../../../src/media/index.ts";
import type { Image } from "../../../src/media/types.ts";
import { imageAdaptor } from "../../../src/models/adaptors/index.ts";
import { linear } from "../../../src/nn/linear.ts";
import { rmsNorm } from "../../../src/nn/norm.ts";
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
import type { LossFunction, MicroBatch, PoolSource } from "../../../src/train/index.ts";
import { model as body } from "../config.ts";
import { IMAGE } from "./config.ts";

/** Positions of a side that the body sees, and patches of a side. */
const SIDE = IMAGE.size / IMAGE.patch / IMAGE.merge;
const POSITIONS = SIDE ** 2;
const PATCHES = IMAGE.size / IMAGE.patch;
const CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789";
/** Halves of a patch in which there is a character or none: no two have their middles in one. */
const HALVES = 2;

/** Which head tells what: classes, how many labels an image has, and how much they count. */
interface Head {
  readonly classes: number;
  /** What is labelled, row by row; without it, the whole image. */
  readonly of?: "positions" | "halves of patches";
  readonly weight: number;
  /** An image and its labels. */
  readonly draw: (random: Random) => { readonly image: Image; readonly labels: readonly number[] };
}

const heads: Readonly<Record<string, Head>> = {
  /** Which object has its middle there: 0 for none. */
  scenes: {
    classes: SHAPE_LABELS.length + 1,
    of: "positions",
    weight: 0.5,
    draw(random) {
      const { image, objects } = makeScene(random, "train");
      const labels = Array<number>(POSITIONS).fill(0);
      for (const object of objects) {
        const [left, top, right, bottom] = object.box;
        const at = cellOf(left + right, SIDE) + SIDE * cellOf(top + bottom, SIDE);
        labels[at] = 1 + SHAPE_LABELS.indexOf(nameObject(object));
      }
      return { image, labels };
    },
  },
  /** Which character has its middle there: 0 for none. */
  text: {
    classes: CHARACTERS.length + 1,
    of: "halves of patches",
    weight: 0.2,
    draw(random) {
      const { image, characters } = readText(random, "train");
      const labels = Array<number>(PATCHES * PATCHES * HALVES).fill(0);
      for (const { character, x, y } of characters) {
        const at = cellOf(2 * x, PATCHES * HALVES) + PATCHES * HALVES * cellOf(2 * y, PATCHES);
        labels[at] = 1 + CHARACTERS.indexOf(character);
      }
      return { image, labels };
    },
  },
  digits: {
    classes: 10,
    weight: 0.5,
    draw(random) {
      const { image, digit } = readDigits(random, "train");
      return { image, labels: [Number(digit)] };
    },
  },
  largest: { classes: COLOUR_NAMES.length, weight: 0.5, draw: (random) => part(random, 0) },
  smallest: { classes: COLOUR_NAMES.length, weight: 0.5, draw: (random) => part(random, -1) },
};

/** Which of `count` equal steps the middle of an interval is in, given the sum of its ends. */
const cellOf = (ends: number, count: number): number =>
  Math.max(0, Math.min(count - 1, Math.floor((ends / 2 / IMAGE.size) * count)));

/** A chart, and the colour of the part at a place of their order by size. */
function part(random: Random, at: 0 | -1): ReturnType<Head["draw"]> {
  const { image, parts } = makeChart(random, "train");
  const sorted = parts.toSorted((a, b) => b.value - a.value);
  return { image, labels: [COLOUR_NAMES.indexOf(sorted.at(at)!.colour)] };
}

/** Losses by the name of their head, under `eyes …`: summed over an image, as a mean over images. */
export const eyesLoss: Readonly<Record<string, LossFunction>> = Object.fromEntries(
  Object.entries(heads).map(([name, { classes, of }]): [string, LossFunction] => [
    `eyes ${name}`,
    (p) => {
      const pixels = input("pixels", "f32", [dim("batch"), 3, IMAGE.size, IMAGE.size]);
      const labels = input("labels", "i64", [dim("batch"), labelsOf(of)]);
      const scale = input("scale", "f32", []);
      const adaptor = p.in("adaptors", "image");
      const { embed, seen } = imageAdaptor(adaptor, IMAGE, pixels, body.hiddenSize);
      const head = p.in("heads", name);
      const told =
        of === "halves of patches"
          ? characters(head, seen, embed, classes)
          : [linear(head, of === undefined ? mean(embed, { axes: [1] }) : embed, classes)];
      const losses = told.map((logits) =>
        sum(crossEntropy(reshape(logits, [-1, classes]), reshape(labels, [-1]))),
      );
      return { inputs: [pixels, labels, scale], total: mul(losses.reduce(add), scale) };
    },
  ]),
);

/**
 * What stands in the halves of patches, row by row, told twice: by each patch, where the same map
 * serves all, and by each position, which has to tell its patches apart.
 */
function characters(head: Scope, seen: Tensor, embed: Tensor, classes: number): Tensor[] {
  const normed = rmsNorm(head.in("patches", "norm"), seen, 1e-6);
  const { merge } = IMAGE;
  const cut = [-1, SIDE, SIDE, merge, merge * HALVES, classes];
  const told = linear(head, embed, merge * merge * HALVES * classes);
  return [
    linear(head.in("patches"), normed, HALVES * classes),
    transpose(reshape(told, cut), [0, 1, 3, 2, 4, 5]),
  ];
}

const labelsOf = (of: Head["of"]): number =>
  of === undefined ? 1 : of === "positions" ? POSITIONS : PATCHES * PATCHES * HALVES;

/** @param weight of the head, beside other losses */
function batchOf(name: string, random: Random, count: number, weight: number): MicroBatch {
  const samples = Array.from({ length: count }, () => heads[name].draw(random));
  const labels = samples.flatMap((sample) => sample.labels);
  return {
    inputs: {
      pixels: pixelsOf(samples.map(({ image }) => image)),
      labels: fromValues("i64", [count, labels.length / count], labels),
      scale: fromValues("f32", [], [weight / count]),
    },
    supervised: weight,
    tokens: count * POSITIONS,
    loss: `eyes ${name}`,
    task: `eyes ${name}`,
  };
}

function pixelsOf(images: readonly Image[]): NDArray {
  const all = zeros("f32", [images.length, 3, IMAGE.size, IMAGE.size]);
  const one = 3 * IMAGE.size ** 2;
  images.forEach((image, i) => {
    toPixels(image, undefined, (all.data as Float32Array).subarray(i * one, (i + 1) * one));
  });
  return all;
}

/** Micro-batches, endlessly: of each round as many images of a head as `counts` says. */
export function eyesSource(seed: number, counts: Readonly<Record<string, number>>): PoolSource {
  return pooledBatches({
    seed,
    pool: (k) => [k],
    cut: ([k]) => {
      const random = createRandom(seed, `eyes ${k}`);
      return Object.entries(counts).map(([name, count]) =>
        batchOf(name, random, count, heads[name].weight),
      );
    },
  });
}
