/** Checkpoints in the layouts of GPTQ, AWQ and FP8 against logits of the weights they stand for. */

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/index.ts";
import type { NDArray } from "../../src/graph/index.ts";
import { forwardProgram, loadModel, type Model } from "../../src/models/index.ts";
import { createSession } from "../../src/runtime/index.ts";
import { expectClose } from "../graph/support.ts";

const root = join(import.meta.dirname, "../fixtures/quantized");
const kinds = ["gptq-int4", "gptq-int4-act-order", "gptq-int8", "awq", "fp8"];
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "onefold-readers-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function logitsOf(model: Pick<Model, "config" | "weights">, tokens: NDArray) {
  using session = await createSession(forwardProgram(model.config), { weights: model.weights });
  return (await session.run({ tokens })).logits!;
}

describe.each(kinds)("%s", (kind) => {
  it("computes the reference's logits", async () => {
    using expected = await openCheckpoint(join(root, kind, "expected.safetensors"));
    using model = await loadModel(join(root, kind), { exact: true });
    const stays = kind !== "fp8";
    expect(model.config.quantized?.size).toBe(stays ? 7 : undefined);
    const logits = expected.read("logits");
    const tokens = expected.read("tokens");
    expectClose(await logitsOf(model, tokens), logits, { rtol: 1e-4, atol: 1e-4 });
    // And from the floats, which training and verification ask for.
    const floats = { ...model, config: { ...model.config, quantized: undefined } };
    expectClose(await logitsOf(floats, tokens), logits, { rtol: 1e-4, atol: 1e-4 });
  });
});

it("quantises FP8 weights at load", async () => {
  using expected = await openCheckpoint(join(root, "fp8", "expected.safetensors"));
  const quant = { kind: "int8", block: 32 } as const;
  using model = await loadModel(join(root, "fp8"), { quant, quantCacheDir: folder, exact: true });
  expect(model.config.quantized?.size).toBe(8); // the table too
  const tokens = expected.read("tokens");
  expectClose(await logitsOf(model, tokens), expected.read("logits"), { atol: 0.5 });
});

describe("what does not fit is refused in a sentence", () => {
  function changed(kind: string, change: (config: Record<string, object>) => void): string {
    const dir = mkdtempSync(join(folder, "case-"));
    cpSync(join(root, kind), dir, { recursive: true });
    rmSync(join(dir, "expected.safetensors"));
    const file = join(dir, "config.json");
    const config = JSON.parse(readFileSync(file, "utf8"));
    change(config);
    writeFileSync(file, JSON.stringify(config));
    return dir;
  }
  const set = (values: object) => (config: Record<string, object>) =>
    void Object.assign(config.quantization_config!, values);

  it.each([
    ["gptq-int4", { bits: 3 }, '"bits" must be 4 or 8, found 3'],
    ["gptq-int4", { group_size: 64 }, "expected [2,64]"],
    ["gptq-int4", { group_size: 24 }, '"group_size" must be a multiple of 16'],
    ["awq", { version: "gemv" }, '"version" must be "gemm", found "gemv"'],
    ["fp8", { fmt: "e5m2" }, '"fmt" must be "e4m3"'],
    ["fp8", { weight_block_size: [128, 128] }, "expected [1,1]"],
    ["awq", { quant_method: "bitsandbytes" }, '"quant_method" must be "gptq"'],
  ])("%s with %j", async (kind, values, message) => {
    await expect(loadModel(changed(kind, set(values)))).rejects.toThrow(message);
  });

  it("quantising twice", async () => {
    const options = { quant: "int4", quantCacheDir: folder } as const;
    await expect(loadModel(join(root, "awq"), options)).rejects.toThrow("is quantised already");
  });
});
