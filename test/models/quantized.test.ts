/** Models quantised at load: what they compute, and what the cache on disk does. */

import {
  cpSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDecoderSession } from "../../src/generate/index.ts";
import { fromValues } from "../../src/graph/index.ts";
import { forwardProgram, type LoadOptions, loadModel, type Model } from "../../src/models/index.ts";
import { createSession } from "../../src/runtime/index.ts";

const mini = join(import.meta.dirname, "../../models/onefold-mini");
const tiny = join(import.meta.dirname, "../fixtures/qwen/qwen3-tied");
let folder: string;
let quantCacheDir: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "onefold-quantized-"));
  quantCacheDir = join(folder, "cache");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ids = Array.from({ length: 60 }, (_, i) => (i * 37) % 96);

async function logitsOf(model: Model, fuse = true): Promise<Float32Array> {
  using session = await createSession(forwardProgram(model.config, { fuse }), {
    weights: model.weights,
  });
  const { logits } = await session.run({ tokens: fromValues("i64", [1, ids.length], ids) });
  return logits!.data as Float32Array;
}

/** |a - b| over |b|. */
function difference(a: Float32Array, b: Float32Array): number {
  let [error, norm] = [0, 0];
  a.forEach((value, i) => {
    error += (value - b[i]!) ** 2;
    norm += b[i]! ** 2;
  });
  return Math.sqrt(error / norm);
}

const open = (options: LoadOptions) => loadModel(mini, { quantCacheDir, ...options });

describe("onefold-mini quantised", () => {
  let reference: Float32Array;
  beforeAll(async () => {
    using model = await open({});
    reference = await logitsOf(model);
  });

  it.each([
    ["int8", "int8", 0.06],
    ["int8 in blocks", { kind: "int8", block: 32 }, 0.05],
    ["int4", "int4", 0.35],
    ["int4 with zero points", { kind: "int4", symmetric: false }, 0.35],
    ["int4 with an 8-bit table", { kind: "int4", embedding: "int8" }, 0.3],
  ] as const)("%s stays near f32", async (_, quant, limit) => {
    using model = await open({ quant });
    const found = difference(await logitsOf(model), reference);
    expect(found).toBeLessThan(limit);
    expect(found).toBeGreaterThan(0.001); // something was quantised
  });

  it.each(["int4", "int8"] as const)("%s: fused and decomposed agree", async (kind) => {
    // All in blocks, multiplied in f32: two ways to the same numbers.
    using model = await open({ quant: { kind, block: 32 }, exact: true });
    const [fused, plain] = [await logitsOf(model), await logitsOf(model, false)];
    expect(difference(fused, plain)).toBeLessThan(1e-5);
  });

  it("computes with the floats that its weights stand for", async () => {
    using model = await open({ quant: "int4", exact: true });
    const inFloats = { ...model, config: { ...model.config, quantized: undefined } };
    expect(difference(await logitsOf(model), await logitsOf(inFloats))).toBeLessThan(1e-5);
  });

  it.each(["int4", "int8"] as const)("%s answers as its own prompts say", async (quant) => {
    using model = await open({ quant });
    using session = await createDecoderSession(model);
    await session.prefill(ids.slice(0, 40));
    for (const id of ids.slice(40)) await session.step(id);
    const stepped = Float32Array.from(session.logits);
    const whole = (await logitsOf(model)).subarray(-model.config.vocabSize);
    // Activations are rounded alike in prompts and steps.
    expect(difference(stepped, whole)).toBeLessThan(0.02);
  });

  it("keeps the weights that it is told to", async () => {
    const keep = ["*.layers.0.*", "model.layers.5.mlp.down_proj.weight"];
    using model = await open({ quant: { kind: "int4", keep, embedding: "f32" } });
    const { quantized } = model.config;
    expect(quantized?.has("model.layers.0.mlp.up_proj.weight")).toBe(false);
    expect(quantized?.has("model.layers.5.mlp.down_proj.weight")).toBe(false);
    expect(quantized?.has("model.embed_tokens.weight")).toBe(false);
    expect(quantized?.size).toBe(5 * 7 - 1);
    expect(model.checkpoint.info("model.layers.0.mlp.up_proj.weight").dtype).toBe("bf16");
  });
});

describe("settings that do not fit", () => {
  it.each([
    [{ kind: "int4", block: 48 }, "block is 48, expected one of 16, 32, 64, 128, 256"],
    [{ kind: "int3" }, 'kind is "int3", expected one of int4, int8'],
    [{ kind: "int4", keep: ["*.layer.0.*"] }, 'no weight is called "*.layer.0.*"'],
  ])("%j", async (quant, message) => {
    await expect(open({ quant: quant as LoadOptions["quant"] })).rejects.toThrow(message);
  });
});

describe("the cache on disk", () => {
  const entries = (dir: string): string[] => readdirSync(dir).filter((n) => !n.startsWith("."));
  const weightsOf = (dir: string): string => join(dir, entries(dir)[0]!, "model.safetensors");

  /** A copy of the model and a cache of its own. */
  function fresh(): { dir: string; cache: string } {
    const place = mkdtempSync(join(folder, "case-"));
    const dir = join(place, "model");
    cpSync(tiny, dir, { recursive: true });
    rmSync(join(dir, "expected.safetensors"));
    return { dir, cache: join(place, "cache") };
  }

  async function load(dir: string, cache: string, quant: LoadOptions["quant"] = "int4") {
    using model = await loadModel(dir, { quant, quantCacheDir: cache });
    return await logitsOf(model);
  }

  it("is written once, and read from then on", async () => {
    const { dir, cache } = fresh();
    const first = await load(dir, cache);
    const file = weightsOf(cache);
    const { mtimeMs, ino } = statSync(file);
    expect(await load(dir, cache)).toEqual(first);
    expect(statSync(file)).toMatchObject({ mtimeMs, ino });
    expect(statSync(file).size).toBeLessThan(statSync(join(dir, "model.safetensors")).size / 2);
    await load(dir, cache, { kind: "int4", block: 64 });
    expect(entries(cache)).toHaveLength(2);
  });

  it("is made anew where it is cut short or holds another plan", async () => {
    const { dir, cache } = fresh();
    const first = await load(dir, cache);
    const file = weightsOf(cache);
    const { size } = statSync(file);
    truncateSync(file, size - 1000);
    expect(await load(dir, cache)).toEqual(first);
    expect(statSync(file).size).toBe(size);
    rmSync(file);
    expect(await load(dir, cache)).toEqual(first);
    cpSync(join(tiny, "model.safetensors"), file);
    expect(await load(dir, cache)).toEqual(first);
    expect(readdirSync(cache)).toHaveLength(1); // and nothing is left beside it
  });

  it("does not outlive a change of the checkpoint", async () => {
    const { dir, cache } = fresh();
    await load(dir, cache);
    utimesSync(join(dir, "model.safetensors"), 1, 1);
    await load(dir, cache);
    expect(entries(cache)).toHaveLength(2);
  });
});
