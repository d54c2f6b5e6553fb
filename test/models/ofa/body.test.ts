/** What holds of OFA's network whatever its weights: steps are the forward pass, padding is nothing. */

import { describe, expect, it } from "vitest";
import { input, type NDArray, type Tensor } from "../../../src/graph/index.ts";
import { fromValues, ndarray } from "../../../src/graph/ndarray.ts";
import {
  ofaBody,
  ofaConfigJson,
  ofaImage,
  ofaSizes,
  ofaVideo,
  readOfaConfig,
} from "../../../src/models/ofa/index.ts";
import type { Embedded } from "../../../src/models/sequence-body.ts";
import { createParameters, type Scope } from "../../../src/nn/index.ts";
import {
  LINE,
  maxDifference,
  noise,
  part,
  runOnce,
  smallConfig,
  wholeAndStepwise,
} from "./support.ts";

const config = smallConfig();
const body = ofaBody(config);

function imageAndText(batch: number) {
  const pixels = input("pixels", "f32", [batch, 3, 8, 12]);
  const text = input("text", "f32", [batch, 5, config.width]);
  return {
    segments: (p: Scope): Embedded[] => [
      ofaImage(p, config, pixels),
      { modality: "text", embed: text, layout: LINE },
    ],
    inputs: [pixels, text],
    values: { pixels: noise([batch, 3, 8, 12], 1), text: noise([batch, 5, config.width], 2) },
    length: 11,
  };
}

describe("steps", () => {
  it.each([
    { name: "text one by one", layout: LINE, sizes: [1, 1, 1, 1, 1, 1, 1], batch: 2 },
    { name: "a prompt, then one by one", layout: LINE, sizes: [4, 1, 1, 1], batch: 3 },
    { name: "several at a time", layout: LINE, sizes: [2, 3, 2], batch: 1 },
    {
      name: "image codes",
      layout: { kind: "grid", rows: 2, columns: 3 } as const,
      sizes: [1, 1, 1, 1, 1, 1, 1],
      batch: 2,
    },
    {
      name: "image codes, several at a time",
      layout: { kind: "grid", rows: 2, columns: 3 } as const,
      sizes: [3, 4],
      batch: 1,
    },
  ])("give the forward pass: $name", async ({ layout, sizes, batch }) => {
    const embed = noise([batch, 7, config.width], 3);
    const { whole, steps } = await wholeAndStepwise(
      body,
      batch,
      { embed, layout },
      imageAndText(batch),
      sizes,
    );
    let at = 0;
    sizes.forEach((size, i) => {
      const expected = part(
        { dtype: "f32", shape: [batch, 7, config.width], data: whole },
        at,
        size,
      );
      expect(maxDifference(steps[i], expected.data as Float32Array)).toBeLessThan(1e-5);
      at += size;
    });
  });
});

it("a step over a whole target sees all of it with `full`", async () => {
  const embed = noise([2, 7, config.width], 4);
  const options = { full: true, capacity: 7 };
  const { whole, steps } = await wholeAndStepwise(
    body,
    2,
    { embed, modality: "motion" },
    imageAndText(2),
    [7],
    options,
  );
  expect(maxDifference(steps[0], whole)).toBeLessThan(1e-5);
});

/** Hidden states of a target after a source, both given as embeddings. */
async function hiddenOf(
  source: readonly { readonly embed: NDArray; readonly valid?: NDArray }[],
  target: { readonly embed: NDArray; readonly valid?: NDArray },
  { full = false, modality = "text", of = body } = {},
): Promise<Float32Array> {
  const leaves: Tensor[] = [];
  const values: Record<string, NDArray> = {};
  const leaf = (name: string, array: NDArray): Tensor => {
    values[name] = array;
    leaves.push(input(name, array.dtype, array.shape));
    return leaves[leaves.length - 1];
  };
  const segment = (name: string, { embed, valid }: typeof target): Embedded => ({
    modality,
    embed: leaf(name, embed),
    layout: LINE,
    ...(valid && { valid: leaf(`${name} valid`, valid) }),
  });
  const segments = source.map((of, i) => segment(`source ${i}`, of));
  const last = segment("target", target);
  const { hidden } = await runOnce(
    (p) => ({ hidden: of.forward(p, segments, last, { full }) }),
    leaves,
    values,
  );
  return hidden.data as Float32Array;
}

const lengths = (length: number, ...valid: number[]): NDArray =>
  ndarray(
    "bool",
    [valid.length, length],
    Uint8Array.from(valid.flatMap((n) => Array.from({ length }, (_, i) => (i < n ? 1 : 0)))),
  );

describe("padding", () => {
  it("of the source changes nothing, whatever stands there", async () => {
    const source = noise([1, 6, config.width], 11);
    const target = { embed: noise([1, 4, config.width], 12) };
    const whole = await hiddenOf([{ embed: part(source, 0, 4) }], target);
    const padded = await hiddenOf([{ embed: source, valid: lengths(6, 4) }], target);
    expect(maxDifference(whole, padded)).toBeLessThan(1e-5);
    const seen = await hiddenOf([{ embed: source }], target);
    expect(maxDifference(whole, seen)).toBeGreaterThan(1e-3);
  });

  it("of a whole target changes nothing for what stands before it", async () => {
    const source = [{ embed: noise([1, 5, config.width], 13) }];
    const embed = noise([1, 6, config.width], 14);
    const full = { full: true };
    const whole = await hiddenOf(source, { embed: part(embed, 0, 4) }, full);
    const padded = await hiddenOf(source, { embed, valid: lengths(6, 4) }, full);
    expect(maxDifference(whole, padded.subarray(0, whole.length))).toBeLessThan(1e-5);
  });
});

it("sees the whole target with `full`, and otherwise what stands before", async () => {
  const source = [{ embed: noise([1, 5, config.width], 15) }];
  const embed = noise([1, 6, config.width], 16);
  const short = { embed: part(embed, 0, 3) };
  const first = 3 * config.width;
  for (const full of [false, true]) {
    const cut = await hiddenOf(source, short, { full });
    const all = await hiddenOf(source, { embed }, { full });
    const difference = maxDifference(cut, all.subarray(0, first));
    if (full) expect(difference).toBeGreaterThan(1e-2);
    else expect(difference).toBeLessThan(1e-5);
  }
});

/** Names of the parameters that a traced source and target ask for. */
function namesOf(of: typeof config, segments: (p: Scope) => readonly Embedded[]): string[] {
  const { root, specs } = createParameters();
  const embed = input("target", "f32", [2, 3, of.width]);
  ofaBody(of).forward(root, segments(root), { modality: "text", embed, layout: LINE });
  return [...specs.keys()];
}

describe("parameters", () => {
  const segments = imageAndText(2).segments;
  it.each([
    ["scale_attn", /_mid_layer_norm/],
    ["scale_fc", /ffn_layer_norm/],
    ["scale_heads", /c_attn/],
    ["layernorm_embedding", /\.layernorm_embedding/],
    ["patch_layernorm_embedding", /patch_layernorm_embedding/],
    ["add_type_embedding", /type_embedding/],
  ])("of %s are there where config.json says so", (key, pattern) => {
    const has = (on: boolean): boolean =>
      namesOf(smallConfig({ [key]: on }), segments).some((name) => pattern.test(name));
    expect([has(true), has(false)]).toEqual([true, false]);
  });

  it("of a ResNet have the reference's names", () => {
    const resnet = smallConfig({ stem: null, resnet_type: "resnet50" });
    const pixels = input("pixels", "f32", [2, 3, 32, 32]);
    const names = namesOf(resnet, (p) => [ofaImage(p, resnet, pixels)]);
    const own = names.filter((name) => name.startsWith("encoder.embed_images."));
    // 1 + 3 x (3 + 4 + 6) convolutions and 3 downsamplings, each with four of its batch norm.
    expect(own.length).toBe(5 * (1 + 3 * 13 + 3));
    expect(own).toContain("encoder.embed_images.layer3.5.bn3.running_var");
    expect(own).toContain("encoder.embed_images.layer2.0.downsample.1.weight");
  });
});

describe("modalities with networks of their own", () => {
  const modal = smallConfig({ modal_ffn: ["image", "audio"] });
  const audio = input("audio", "f32", [2, 4, modal.width]);
  const given = imageAndText(2);
  const segments = (p: Scope): Embedded[] => [
    ...given.segments(p),
    { modality: "audio", embed: audio, layout: LINE },
  ];

  it("have them by name, and share the rest", () => {
    const names = namesOf(modal, segments).filter((name) => /encoder\.layers\.0\..*fc/.test(name));
    const parts = ["experts_fc1.image", "experts_fc2.image", "fc1", "fc2"];
    parts.push("experts_fc1.audio", "experts_fc2.audio");
    const expected = parts.flatMap((part) => [`${part}.weight`, `${part}.bias`]);
    expect(names.sort()).toEqual(expected.map((name) => `encoder.layers.0.${name}`).sort());
    expect(names).not.toContain("encoder.layers.0.experts_fc1.text.weight");
  });

  it("give what one shared network gives where all are equal", async () => {
    const target = input("target", "f32", [2, 3, modal.width]);
    const values = {
      ...given.values,
      audio: noise([2, 4, modal.width], 21),
      target: noise([2, 3, modal.width], 22),
    };
    const run = async (of: typeof config, weights: Map<string, NDArray>) => {
      const { hidden } = await runOnce(
        (p) => ({
          hidden: ofaBody(of).forward(p, segments(p), {
            modality: "text",
            embed: target,
            layout: LINE,
          }),
        }),
        [...given.inputs, audio, target],
        values,
        weights,
      );
      return hidden.data as Float32Array;
    };
    const shared = new Map<string, NDArray>();
    const { root, specs } = createParameters();
    for (const of of [config, modal]) {
      ofaBody(of).forward(root, segments(root), { modality: "text", embed: target, layout: LINE });
    }
    for (const { name, shape } of specs.values()) {
      const common = name.replace(/experts_(fc[12])\.\w+/, "$1");
      shared.set(
        name,
        noise(
          shape,
          [...common].reduce((h, c) => (h * 31 + c.charCodeAt(0)) % 9973, 7),
        ),
      );
    }
    expect(maxDifference(await run(config, shared), await run(modal, shared))).toBeLessThan(1e-4);
    const { data, shape } = shared.get("encoder.layers.0.experts_fc1.audio.weight")!;
    shared.set(
      "encoder.layers.0.experts_fc1.audio.weight",
      ndarray(
        "f32",
        shape,
        (data as Float32Array).map((x) => -x),
      ),
    );
    expect(maxDifference(await run(config, shared), await run(modal, shared))).toBeGreaterThan(
      1e-2,
    );
  });
});

describe("video", () => {
  const pixels = input("pixels", "f32", [1, 3, 3, 8, 8]);
  const valid = input("valid", "bool", [1, 3]);
  const target = input("target", "f32", [1, 2, config.width]);
  const run = async (video: NDArray, frames?: NDArray) => {
    const { hidden } = await runOnce(
      (p) => ({
        hidden: body.forward(p, [ofaVideo(p, config, pixels, frames && valid)], {
          modality: "text",
          embed: target,
          layout: LINE,
        }),
      }),
      [pixels, target, ...(frames ? [valid] : [])],
      { pixels: video, target: noise([1, 2, config.width], 31), ...(frames && { valid: frames }) },
    );
    return hidden.data as Float32Array;
  };
  const video = noise([1, 3, 3, 8, 8], 32);
  const frame = 3 * 8 * 8;

  it("tells the order of frames", async () => {
    const data = video.data as Float32Array;
    const swapped = Float32Array.from(data);
    swapped.set(data.subarray(frame, 2 * frame), 0);
    swapped.set(data.subarray(0, frame), frame);
    const other = await run(ndarray("f32", video.shape, swapped));
    expect(maxDifference(await run(video), other)).toBeGreaterThan(1e-3);
  });

  it("does not see frames of padding", async () => {
    const data = Float32Array.from(video.data as Float32Array);
    const padding = fromValues("bool", [1, 3], [1, 1, 0]);
    const before = await run(video, padding);
    data.fill(5, 2 * frame);
    expect(maxDifference(before, await run(ndarray("f32", video.shape, data), padding))).toBe(0);
    expect(maxDifference(before, await run(video))).toBeGreaterThan(1e-3);
  });
});

describe("config.json", () => {
  it("is read back as it was written", () => {
    for (const keys of [{}, { stem: null, resnet_type: "resnet152", modal_ffn: ["image"] }]) {
      const written = smallConfig({ ...keys, scale_fc: false, code_image_size: 256 });
      expect(readOfaConfig("config.json", ofaConfigJson(written))).toEqual(written);
    }
    expect(readOfaConfig("config.json", ofaSizes.huge).encoderLayers).toBe(24);
  });

  it.each([
    [{ encoder_normalize_before: false }, /"encoder_normalize_before" must be true/],
    [{ entangle_position_embedding: true }, /"entangle_position_embedding" must be false/],
    [{ activation_function: "relu" }, /"activation_function" must be one of "gelu"/],
    [{ decoder_attention_heads: 5 }, /"decoder_attention_heads" must be a divisor of "d_model" 32/],
    [{ stem: { kind: "vit", size: 4 } }, /stem: "kind" must be one of "patch"/],
    [{ modal_ffn: ["Image"] }, /"modal_ffn" must be a list of modalities/],
    [{ model_type: "qwen2" }, /"model_type" must be one of "ofa"/],
  ])("refuses %j", (keys, message) => {
    expect(() => smallConfig(keys)).toThrow(message);
  });
});

describe("refusals", () => {
  const { root: p } = createParameters();
  const target: Embedded = {
    modality: "text",
    embed: input("t", "f32", [1, 3, config.width]),
    layout: LINE,
  };
  const line = (length: number): Embedded => ({
    ...target,
    embed: input("s", "f32", [1, length, config.width]),
  });
  const grid = (rows: number, columns: number, length: number): Embedded => ({
    ...line(length),
    layout: { kind: "grid", rows, columns },
  });
  it.each<[string, () => unknown, RegExp]>([
    ["no source", () => body.forward(p, [], target), /the source has no segment/],
    ["too long a line", () => body.forward(p, [line(67)], target), /67 positions of text exceed/],
    ["too large an image", () => body.forward(p, [grid(7, 1, 7)], target), /7 x 1 image tokens/],
    ["a layout of another length", () => body.forward(p, [grid(2, 2, 5)], target), /1 x 2 x 2/],
    [
      "a target in frames",
      () =>
        body.forward(p, [line(2)], {
          ...target,
          layout: { kind: "frames", frames: 3, rows: 1, columns: 1 },
        }),
      /a target in frames/,
    ],
    [
      "pixels between the squares",
      () => ofaImage(p, config, input("x", "f32", [1, 3, 8, 10])),
      /multiples of 4/,
    ],
  ])("%s", (_, build, message) => expect(build).toThrow(message));
});
