/** Models with quantised experts: what they compute, what they weigh, and both file layouts. */

import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDecoderSession } from "../../src/generate/index.ts";
import { fromValues } from "../../src/graph/index.ts";
import { forwardProgram, type LoadOptions, loadModel, type Model } from "../../src/models/index.ts";
import { createSession } from "../../src/runtime/index.ts";

const fixture = (name: string): string => join(import.meta.dirname, "../fixtures/qwen", name);
let quantCacheDir: string;

beforeAll(() => {
  quantCacheDir = mkdtempSync(join(tmpdir(), "onefold-experts-"));
});
afterAll(() => rmSync(quantCacheDir, { recursive: true, force: true }));

const open = (name: string, options: LoadOptions) =>
  loadModel(fixture(name), { quantCacheDir, ...options });

async function logitsOf(model: Model, ids: readonly number[], fuse = true): Promise<Float32Array> {
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

const ids = Array.from({ length: 24 }, (_, i) => (i * 7) % 60);

describe.each(["qwen3-moe", "qwen2-moe", "qwen3-next-moe", "qwen3-5-moe", "qwen3-moe-stacked"])(
  "%s",
  (name) => {
    it.each(["int8", "int4"] as const)(
      "%s computes with what its experts stand for",
      async (kind) => {
        // In f32: the rounding of activations is the same question as in other products.
        using model = await open(name, { quant: kind, exact: true });
        const experts = [...model.config.quantized!.keys()].filter((key) =>
          /experts\.\d/.test(key),
        );
        expect(experts.length).toBeGreaterThan(0);
        expect(experts.every((key) => model.config.quantized!.get(key)!.kind === "blocks")).toBe(
          true,
        );
        const found = await logitsOf(model, ids);
        // int8 layers outside of the experts round activations in either case.
        const onlyExperts = [...model.config.quantized!].filter(([key]) => /experts\.\d/.test(key));
        const others = [...model.config.quantized!].filter(([key]) => !/experts\.\d/.test(key));
        expect(onlyExperts.length + others.length).toBe(model.config.quantized!.size);
        const inFloats = { ...model, config: { ...model.config, quantized: new Map(others) } };
        expect(difference(found, await logitsOf(inFloats, ids))).toBeLessThan(1e-3);
      },
    );
  },
);

it("runs experts step by step as in a whole prompt", async () => {
  using model = await open("qwen3-moe", { quant: "int4", exact: true });
  using session = await createDecoderSession(model);
  await session.prefill(ids.slice(0, 16));
  for (const id of ids.slice(16)) await session.step(id);
  const stepped = Float32Array.from(session.logits);
  const whole = (await logitsOf(model, ids)).subarray(-model.config.vocabSize);
  expect(difference(stepped, whole)).toBeLessThan(1e-4);
});

it("fused and decomposed agree", async () => {
  using model = await open("qwen2-moe", { quant: { kind: "int4", block: 16 }, exact: true });
  const [fused, plain] = [await logitsOf(model, ids), await logitsOf(model, ids, false)];
  expect(difference(fused, plain)).toBeLessThan(1e-5);
});

it("stores the same numbers from stacks as from single experts", async () => {
  const sizes: number[] = [];
  for (const name of ["qwen3-moe", "qwen3-moe-stacked"]) {
    const quantDir = join(quantCacheDir, name);
    using model = await loadModel(fixture(name), { quant: "int4", quantCacheDir: quantDir });
    expect(model.checkpoint.names.some((n) => n.endsWith("experts.0.up_proj.weight_packed"))).toBe(
      true,
    );
    const [folder] = readdirSync(quantDir);
    const files = readdirSync(join(quantDir, folder!)).filter((n) => n.endsWith(".safetensors"));
    sizes.push(files.reduce((sum, f) => sum + statSync(join(quantDir, folder!, f)).size, 0));
  }
  expect(Math.abs(sizes[0]! - sizes[1]!)).toBeLessThan(0.1 * sizes[0]!);
});
