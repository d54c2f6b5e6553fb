/** Samples as padded arrays, and their weight beside other tasks. */

import { describe, expect, it } from "vitest";
import type { NDArray } from "../../src/graph/ndarray.ts";
import { createRandom } from "../../src/nn/index.ts";
import type { PreparedSample } from "../../src/task/index.ts";
import { batchOf, type TaskBatch, weighed } from "../../src/task/train/batch.ts";
import { decoderModel, noiseImage, prepare, standing, tone, vocabulary } from "./support.ts";

const START = vocabulary.marks.targetStart;
const batch = (...samples: readonly PreparedSample[]): TaskBatch =>
  batchOf(decoderModel, START, samples, createRandom(1));

/** Rows of a two-dimensional array as plain numbers. */
function rowsOf({ data, shape }: NDArray): number[][] {
  const [rows, columns] = shape as [number, number];
  const values = Array.from(data as ArrayLike<number | bigint>, Number);
  return Array.from({ length: rows }, (_, i) => values.slice(i * columns, (i + 1) * columns));
}

const idsOf = ({ target }: PreparedSample): readonly number[] => {
  if (target.kind !== "tokens") throw new Error("expected tokens");
  return target.ids;
};

describe("text", () => {
  const text = "[TEXT:q] -> so [TEXT:a]";
  it("is padded to a multiple of 8, with what counts beside it", async () => {
    const samples = [
      await prepare(text, { q: "why?", a: "it" }),
      await prepare(text, { q: "a longer question", a: "an answer" }),
    ];
    const { layout, inputs, count } = batch(...samples);
    expect(layout).toEqual({ source: ["text"], target: "tokens" });
    const sources = samples.map(({ groups: [group] }) => (group?.kind === "text" ? group.ids : []));
    const [ids, valid] = [inputs["source.0.ids"]!, inputs["source.0.valid"]!];
    expect((ids.shape[1] as number) % 8).toBe(0);
    expect(ids.shape[1]).toBe(valid.shape[1]);
    sources.forEach((source, i) => {
      const own = rowsOf(ids)[i]!;
      expect(own.slice(0, source.length)).toEqual(source);
      expect(own.slice(source.length).every((id) => id === 0)).toBe(true);
      expect(rowsOf(valid)[i]!.map((counts, at) => (counts === 1) === at < source.length)).toEqual(
        own.map(() => true),
      );
    });
    // Each place is fed the token before; those behind the prefix are learned.
    const targets = rowsOf(inputs["target.ids"]!);
    const length = targets[0]!.length;
    const [rows, labels] = [inputs.rows!, inputs.labels!].map(({ data }) =>
      Array.from(data as BigInt64Array, Number),
    ) as [number[], number[]];
    const expected = samples.flatMap((sample, i) => {
      const own = idsOf(sample);
      expect(targets[i]!.slice(0, own.length)).toEqual([START, ...own.slice(0, -1)]);
      const prefix = "so".length;
      return own.slice(prefix).map((label, at) => [i * length + prefix + at, label]);
    });
    expect(rows.map((row, i) => [row, labels[i]])).toEqual(expected);
    expect(count).toBe(expected.length);
  });

  it("feeds noise where there is some, and starts where a sample says", () => {
    const target = { kind: "tokens", ids: [7, 8, 9], prefix: 0, fed: [17, 18, 19], start: 99 };
    const sample = { groups: [{ kind: "text", ids: [1] }], target } as PreparedSample;
    const { inputs } = batch(sample);
    expect(rowsOf(inputs["target.ids"]!)[0]!.slice(0, 4)).toEqual([99, 17, 18, 0]);
    expect(Array.from(inputs.labels!.data as BigInt64Array, Number)).toEqual([7, 8, 9]);
  });

  it("says what a closed set allows at each learned place", async () => {
    const closedSet = ["yes", "no"];
    const sample = await prepare("go -> [TEXT:a,closed_set]", { a: "no" }, { closedSet });
    const { layout, inputs, count } = batch(sample, sample);
    expect(layout.target).toBe("closed");
    const rows = rowsOf(inputs.allowed!);
    expect(rows.length).toBe(count);
    const [first] = rows.map((row) => row.flatMap((open, id) => (open === 1 ? [id] : [])));
    expect(first).toEqual(["n", "y"].map((letter) => vocabulary.encode(letter, true)[0]));
  });
});

describe("media", () => {
  it("stand one behind the other; sound is padded", async () => {
    const text = "[IMAGE:i] [AUDIO:s] go -> [TEXT:a]";
    const samples = [
      await prepare(text, { i: noiseImage(16, 16, 1), s: tone(600), a: "a" }),
      await prepare(text, { i: noiseImage(16, 16, 2), s: tone(5000), a: "b" }),
    ];
    const { inputs } = batch(...samples);
    const [images, sounds] = [1, 2].map((i) => samples.map(({ groups }) => groups[i]!));
    const pixels = images!.flatMap((group) => (group.kind === "image" ? [...group.pixels] : []));
    expect(inputs["source.1.pixels"]!.shape).toEqual([2, 3, 16, 16]);
    expect(Array.from(inputs["source.1.pixels"]!.data as Float32Array)).toEqual(pixels);
    const positions = sounds!.map((group) => (group.kind === "audio" ? group.positions : 0));
    expect(positions).toEqual([1, 8]);
    expect(inputs["source.2.features"]!.shape).toEqual([2, 8, 16]);
    const counts = rowsOf(inputs["source.2.valid"]!).map((row) => row.reduce((a, b) => a + b));
    expect(counts).toEqual(positions);
  });

  it("is padded up to what there are positions for, and no further", async () => {
    const text = "[AUDIO:s] -> [TEXT:a]";
    const { inputs } = batch(await prepare(text, { s: tone(6100), a: "a" }));
    expect(inputs["source.1.features"]!.shape).toEqual([1, 10, 16]);
    const motion = batch(await prepare("go -> [MOTION:m]", { m: standing(9) }));
    expect(motion.inputs["target.frames"]!.shape[1]).toBe(10);
  });

  it("of sound to give is fed one position late", async () => {
    const samples = [
      await prepare("say -> [AUDIO:s]", { s: tone(700) }),
      await prepare("say -> [AUDIO:s]", { s: tone(1500) }),
    ];
    const { inputs, count, layout } = batch(...samples);
    expect(layout.target).toBe("speech");
    const lengths = samples.map(({ target }) => (target.kind === "speech" ? target.count : 0));
    expect(count).toBe(lengths[0]! + lengths[1]!);
    const [frames, fed] = [inputs["target.frames"]!, inputs["target.fed"]!];
    const [, length, width] = frames.shape as [number, number, number];
    const at = (array: NDArray, row: number, position: number) =>
      (array.data as Float32Array).slice((row * length + position) * width).slice(0, width);
    lengths.forEach((own, row) => {
      expect(at(fed, row, 0).every((x) => x === 0)).toBe(true);
      for (let i = 1; i < own; i++) expect(at(fed, row, i)).toEqual(at(frames, row, i - 1));
      const stops = rowsOf(inputs["target.stop"]!)[row]!;
      expect(stops.indexOf(1)).toBe(own - 1);
      expect(stops.reduce((a, b) => a + b)).toBe(1);
      expect(rowsOf(inputs["target.valid"]!)[row]!.lastIndexOf(1)).toBe(own - 1);
    });
  });

  it("of motion has noise from the given generator", async () => {
    const sample = await prepare("go -> [MOTION:m]", { m: standing(5) });
    const noisy = (seed: number) =>
      batchOf(decoderModel, START, [sample], createRandom(seed)).inputs["target.noisy"];
    expect(noisy(1)).toEqual(noisy(1));
    expect(noisy(1)).not.toEqual(noisy(2));
  });
});

describe("weights", () => {
  const counted = { layout: { source: ["text"], target: "tokens" }, inputs: {}, count: 8 } as const;

  it("of tasks count whatever their lengths, of tokens by them", () => {
    const own = { ...counted, positions: 40 };
    const scaleOf = (of: number | "tokens") => {
      const { inputs, ...rest } =
        of === "tokens" ? weighed(own, "name", 1, "tokens") : weighed(own, "name", of, "tasks");
      return { ...rest, scale: inputs.scale!.data[0] };
    };
    const common = { tokens: 40, loss: "text>tokens", task: "name" };
    expect(scaleOf(2)).toEqual({ ...common, supervised: 2, scale: 0.25 });
    expect(scaleOf("tokens")).toEqual({ ...common, supervised: 8, scale: 1 });
  });
});

it("weighs errors of motion by their noise as OFASys does, up to the most that a model says", () => {
  const { features } = decoderModel.motion!;
  const target = { kind: "motion", frames: new Float32Array(features), count: 1 };
  const sample = { groups: [{ kind: "text", ids: [1] }], target } as PreparedSample;
  const samples = Array<PreparedSample>(40).fill(sample);
  const weights = (mostErrorWeight?: number): number[] => {
    const motion = { ...decoderModel.motion!, ...(mostErrorWeight && { mostErrorWeight }) };
    const { inputs } = batchOf({ ...decoderModel, motion }, START, samples, createRandom(1));
    return rowsOf(inputs["target.weight"]!).map(([first]) => first!);
  };
  const free = weights();
  expect(Math.max(...free)).toBeGreaterThan(2);
  expect(Math.min(...free)).toBeGreaterThanOrEqual(1);
  expect(weights(2)).toEqual(free.map((weight) => Math.min(weight, 2)));
});
