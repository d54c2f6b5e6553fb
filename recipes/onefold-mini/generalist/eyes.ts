/**
 * What the image adaptor is taught to see, before and while the body reads what it gives: dense
 * labels, told by heads that are thrown away.
 */

import { fromValues, type NDArray, zeros } from "../../../src/graph/ndarray.ts";
import { mul } from "../../../src/graph/ops/elementwise.ts";
import { input } from "../../../src/graph/ops/leaf.ts";
import { crossEntropy } from "../../../src/graph/ops/loss.ts";
import { mean, sum } from "../../../src/graph/ops/reduce.ts";
import { reshape } from "../../../src/graph/ops/reshape.ts";
import { dim } from "../../../src/graph/shape.ts";
import { toPixels } from "../../../src/media/index.ts";
import type { Image } from "../../../src/media/types.ts";
import { imageAdaptor } from "../../../src/models/adaptors/index.ts";
import { linear } from "../../../src/nn/linear.ts";
import { createRandom, type Random } from "../../../src/nn/random.ts";
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

/** Positions of a side that the body sees. */
const SIDE = IMAGE.size / IMAGE.patch / IMAGE.merge;
const POSITIONS = SIDE ** 2;
const CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789";
/** Cells of a position in which there is a character or none: no two have their middles in one. */
const CELLS = { columns: 4, rows: 2 };

/** Which head tells what: classes, how many labels an image has, and how much they count. */
interface Head {
  readonly classes: number;
  /** Labels of a position; without it, one of the whole image. */
  readonly cells?: number;
  readonly weight: number;
  /** An image and its labels. */
  readonly draw: (random: Random) => { readonly image: Image; readonly labels: readonly number[] };
}

const heads: Readonly<Record<string, Head>> = {
  /** Which object has its middle there: 0 for none. */
  scenes: {
    classes: SHAPE_LABELS.length + 1,
    cells: 1,
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
    cells: CELLS.columns * CELLS.rows,
    weight: 0.2,
    draw(random) {
      const { image, characters } = readText(random, "train");
      const labels = Array<number>(POSITIONS * CELLS.columns * CELLS.rows).fill(0);
      for (const { character, x, y } of characters) {
        const column = cellOf(2 * x, SIDE * CELLS.columns);
        const row = cellOf(2 * y, SIDE * CELLS.rows);
        const position = Math.floor(row / CELLS.rows) * SIDE + Math.floor(column / CELLS.columns);
        const cell = (row % CELLS.rows) * CELLS.columns + (column % CELLS.columns);
        labels[position * CELLS.columns * CELLS.rows + cell] = 1 + CHARACTERS.indexOf(character);
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
  Object.entries(heads).map(([name, { classes, cells }]): [string, LossFunction] => [
    `eyes ${name}`,
    (p) => {
      const pixels = input("pixels", "f32", [dim("batch"), 3, IMAGE.size, IMAGE.size]);
      const labels = input("labels", "i64", [dim("batch"), labelsOf(cells)]);
      const scale = input("scale", "f32", []);
      const { embed } = imageAdaptor(p.in("adaptors", "image"), IMAGE, pixels, body.hiddenSize);
      const seen = cells === undefined ? mean(embed, { axes: [1] }) : embed;
      const told = linear(p.in("heads", name), seen, classes * (cells ?? 1));
      const losses = crossEntropy(reshape(told, [-1, classes]), reshape(labels, [-1]));
      return { inputs: [pixels, labels, scale], total: mul(sum(losses), scale) };
    },
  ]),
);

const labelsOf = (cells?: number): number => (cells === undefined ? 1 : POSITIONS * cells);

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
