/** Adaptors: shapes of what bodies read, padding, gradients, and what fresh ones leave alone. */

import { describe, expect, it } from "vitest";
import { add, expandDims, input, mul, sum, type Tensor } from "../../src/graph/index.ts";
import { fromValues, type NDArray, ndarray } from "../../src/graph/ndarray.ts";
import { encoderBlocks } from "../../src/models/adaptors/encoder-block.ts";
import {
  audioAdaptor,
  audioWidth,
  imageAdaptor,
  motionInput,
  motionOutput,
  NOISE_FEATURES,
  noiseFeatures,
  speechInput,
  speechOutput,
  videoAdaptor,
} from "../../src/models/adaptors/index.ts";
import { createParameters, initialise, type Scope } from "../../src/nn/index.ts";
import { expectGradients } from "./directional-gradients.ts";
import { type Arrays, maxDifference, noise, runOnce } from "./ofa/support.ts";

const width = 32;
const image = { size: 16, patch: 4, layers: 1 } as const;
const video = { size: 8, patch: 4, frames: 3, layers: 1 } as const;
const audio = { mels: 4, stack: 2, layers: 1, maxPositions: 6 } as const;
const speech = { mels: 4, stack: 2 } as const;
const motion = { features: 5, maxFrames: 7, rate: 10, mean: [], deviation: [] } as const;

interface Case {
  readonly inputs: readonly Tensor[];
  readonly values: Arrays;
  readonly embed: (p: Scope) => Tensor;
  readonly shape: readonly number[];
}

const fresh = (): Scope => createParameters().root;
const leaf = (name: string, { dtype, shape }: NDArray): Tensor => input(name, dtype, shape);

function caseOf(
  values: Arrays,
  shape: readonly number[],
  embed: (p: Scope, inputs: readonly Tensor[]) => Tensor,
): Case {
  const inputs = Object.entries(values).map(([name, array]) => leaf(name, array));
  return { inputs, values, shape, embed: (p) => embed(p, inputs) };
}

const valid = fromValues("bool", [2, 5], [1, 1, 1, 1, 1, 1, 1, 1, 0, 0]);
const pixels = noise([2, 3, 16, 16], 1);
const clip = noise([2, 3, 3, 8, 8], 2);
const sound = noise([2, 5, 8], 3);

const cases: Readonly<Record<string, Case>> = {
  image: caseOf({ pixels }, [2, 16, width], (p, [x]) => imageAdaptor(p, image, x, width).embed),
  "image, with residual convolutions": caseOf(
    { pixels },
    [2, 16, width],
    (p, [x]) => imageAdaptor(p, { ...image, blocks: 2 }, x, width).embed,
  ),
  "image, merged by 2": caseOf(
    { pixels },
    [2, 4, width],
    (p, [x]) => imageAdaptor(p, { ...image, merge: 2 }, x, width).embed,
  ),
  video: caseOf({ clip }, [2, 12, width], (p, [x]) => videoAdaptor(p, video, x, width).embed),
  "video, merged by 2": caseOf(
    { clip },
    [2, 3, width],
    (p, [x]) => videoAdaptor(p, { ...video, merge: 2 }, x, width).embed,
  ),
  audio: caseOf(
    { sound, valid },
    [2, 5, width],
    (p, [x, counts]) => audioAdaptor(p, audio, x, counts, width).embed,
  ),
  "audio, merged by 2": caseOf(
    { sound: noise([2, 5, 16], 4), valid },
    [2, 5, width],
    (p, [x, counts]) => audioAdaptor(p, { ...audio, merge: 2 }, x, counts, width).embed,
  ),
  "speech that was given": caseOf({ sound }, [2, 5, width], (p, [x]) => speechInput(p, x, width)),
  "frames of speech and their end": caseOf(
    { hidden: noise([2, 5, width], 5) },
    [2, 5, 8],
    (p, [x]) => {
      const { frames, stop } = speechOutput(p, speech, x);
      return add(frames, expandDims(stop, 2));
    },
  ),
  "noisy motion": caseOf(
    { frames: noise([2, 6, 5], 7), level: noise([2, NOISE_FEATURES], 8) },
    [2, 6, width],
    (p, [x, level]) => motionInput(p, motion, x, level, width),
  ),
  "motion without noise": caseOf({ hidden: noise([2, 6, width], 9) }, [2, 6, 5], (p, [x]) =>
    motionOutput(p, motion, x),
  ),
};

describe.each(Object.entries(cases))("%s", (_, { inputs, values, embed, shape }) => {
  it("has its shape, when traced and when run", async () => {
    expect(embed(fresh()).shape).toEqual(shape);
    const { y } = await runOnce((p) => ({ y: embed(p) }), inputs, values);
    expect(y.shape).toEqual(shape);
    expect((y.data as Float32Array).every(Number.isFinite)).toBe(true);
  });

  it("has gradients by every parameter that equal central differences", async () => {
    const cotangent = input("cotangent", "f32", shape);
    const { names, checked } = await expectGradients(
      (p) => ({ inputs: [...inputs, cotangent], total: sum(mul(embed(p), cotangent)) }),
      { ...values, cotangent: noise(shape, 10) },
      { step: 3e-3 }, // a prenet has kinks, and few of them should lie within a step
    );
    expect(checked).toBe(names.length);
  });
});

it("layouts tell where patches, frames and sounds lie", () => {
  const layout = (of: "image" | "clip", merge?: number) =>
    of === "image"
      ? imageAdaptor(fresh(), { ...image, merge }, leaf("x", pixels), width).layout
      : videoAdaptor(fresh(), { ...video, merge }, leaf("x", clip), width).layout;
  expect(layout("image")).toEqual({ kind: "grid", rows: 4, columns: 4 });
  expect(layout("image", 2)).toEqual({ kind: "grid", rows: 2, columns: 2 });
  expect(layout("clip")).toEqual({ kind: "frames", frames: 3, rows: 2, columns: 2 });
  expect(audioWidth({ ...audio, merge: 2 })).toBe(16);
});

it("padding of a recording changes nothing of the rest", async () => {
  const run = async (length: number, counts?: NDArray) => {
    const part = (sound.data as Float32Array).slice(40, 40 + 8 * length); // of the second row
    const values: Arrays = {
      sound: ndarray("f32", [1, length, 8], part),
      ...(counts && { valid: counts }),
    };
    const inputs = Object.entries(values).map(([name, array]) => leaf(name, array));
    const { y } = await runOnce(
      (p) => ({ y: audioAdaptor(p, audio, inputs[0], inputs[1], width).embed }),
      inputs,
      values,
    );
    return (y.data as Float32Array).slice(0, 3 * width);
  };
  const padded = await run(5, fromValues("bool", [1, 5], [1, 1, 1, 0, 0]));
  expect(maxDifference(padded, await run(3))).toBeLessThan(1e-5);
  expect(maxDifference(padded, await run(5))).toBeGreaterThan(1e-3); // it would, if it counted
});

it("fresh blocks leave their input as it is", async () => {
  const x = noise([1, 4, width], 11);
  const { root, specs } = createParameters();
  const given = leaf("x", x);
  encoderBlocks(root, given, 2);
  const values = initialise([...specs.values()], 0);
  const zero = [...specs.values()].filter(({ name }) =>
    (values.get(name)!.data as Float32Array).every((value) => value === 0),
  );
  expect(zero.map(({ name }) => name)).toEqual([
    "layers.0.attention.out.weight",
    "layers.0.mlp.down_proj.weight",
    "layers.1.attention.out.weight",
    "layers.1.mlp.down_proj.weight",
  ]);
  const { y } = await runOnce((p) => ({ y: encoderBlocks(p, given, 2) }), [given], { x }, values);
  expect(maxDifference(y.data as Float32Array, x.data as Float32Array)).toBe(0);
});

it("sizes that do not fit are refused where the graph is traced", () => {
  const x = leaf("x", pixels);
  expect(() => imageAdaptor(fresh(), { ...image, size: 8 }, x, width)).toThrow("8 x 8 pixels");
  expect(() => imageAdaptor(fresh(), { ...image, merge: 3 }, x, width)).toThrow("merge by 3");
  expect(() => videoAdaptor(fresh(), { ...video, frames: 2 }, leaf("y", clip), width)).toThrow(
    "expected 2 frames",
  );
  expect(() => imageAdaptor(fresh(), image, x, 48)).toThrow("multiple of 32");
});

it("the level of noise is told by sines and cosines of growing frequency", () => {
  const at = (t: number, i: number) => {
    const angle = t * 1000 ** (i / 15) * Math.PI;
    return [Math.sin(angle), Math.cos(angle)];
  };
  for (const t of [0, 0.25, 1]) {
    const found = noiseFeatures(t);
    expect(found).toHaveLength(NOISE_FEATURES);
    for (const i of [0, 7, 15]) {
      expect(found[2 * i]).toBeCloseTo(at(t, i)[0], 5);
      expect(found[2 * i + 1]).toBeCloseTo(at(t, i)[1], 5);
    }
  }
});
