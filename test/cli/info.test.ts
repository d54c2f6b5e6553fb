import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { describeModel } from "../../src/cli/info/describe.ts";
import { contextsUpTo, memoryNeeds, usualCache } from "../../src/cli/info/memory.ts";
import { root, runOnefold } from "./run-onefold.ts";
import { createTinyModel, tinyConfig } from "./tiny-model.ts";

test("info --json counts parameters and memory from headers and config", async () => {
  using model = await createTinyModel();
  const args = ["info", model.folder, "--json", "--context", "10", "--context", "20"];
  const { code, stdout, stderr } = await runOnefold(args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const summary = JSON.parse(stdout);
  expect(summary).toMatchObject({
    architecture: "Qwen3ForCausalLM",
    modelType: "qwen3",
    parameters: 2408,
    tensors: 2,
    stored: { bf16: 2400, f32: 8 },
    storedBytes: 4832,
    contextLimit: 1000,
  });
  // 2 (keys, values) x 2 layers x 2 heads x 16 = 128 elements a token
  expect(summary.memory).toContainEqual({
    dtype: "f32",
    context: 20,
    weightBytes: 2408 * 4,
    cacheBytes: 128 * 20 * 4,
  });
  expect(summary.memory).toHaveLength(6);
  expect(summary.cacheBytesPerToken).toEqual({ f32: 128 * 4, int8: 128 });
});

test("info for people shows the same facts", async () => {
  using model = await createTinyModel();
  const { code, stdout } = await runOnefold(["info", model.folder], { env: { NO_COLOR: "1" } });
  expect(code).toBe(0);
  expect(stdout).toMatch(/parameters +2.41 K in 2 tensors/);
  expect(stdout).toMatch(/1,000 tokens +\d/);
  expect(stdout).toMatch(/cache +512 B a token in f32, 128 B with --kv-cache int8/);
  expect(stdout).not.toContain("\u001b");
});

test.each(["config.json", "model.safetensors"])("a folder without %s is refused", async (name) => {
  using model = await createTinyModel();
  rmSync(join(model.folder, name));
  const { code, stderr } = await runOnefold(["info", model.folder]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^onefold: [^\n]*\n$/);
  expect(stderr).toContain(model.folder);
});

test("a config that is no JSON is refused with the place", async () => {
  using model = await createTinyModel();
  writeFileSync(join(model.folder, "config.json"), '{"hidden_size": 8,}');
  const { code, stderr } = await runOnefold(["info", model.folder]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^onefold: .*config\.json: invalid JSON at line 1, column 19.*\n$/);
});

test("the cache of other families falls back as transformers does, or is not known", () => {
  const { num_key_value_heads, head_dim, ...older } = tinyConfig;
  expect(usualCache(older)).toEqual({ perToken: 2 * 2 * 4 * 2, fixedBytes: 0 });
  expect(usualCache({ ...tinyConfig, num_hidden_layers: "many" })).toBeUndefined();
  expect(usualCache({})).toBeUndefined();
});

test("hybrids have keys and values in some layers, state of fixed size in the others", async () => {
  const folder = join(root, "test/fixtures/qwen/qwen3-next-dense");
  const summary = await describeModel(folder, [10]);
  // One layer of four has keys and values, of 2 heads of 16; each of the others 3 earlier inputs of
  // the convolution, 2 x 2 x 8 + 4 x 8 wide, and 4 heads of 8 x 8.
  const state = 3 * 4 * (3 * 64 + 4 * 8 * 8);
  const cacheBytesPerToken = { f32: 2 * 2 * 16 * 4, int8: 2 * 2 * 16 };
  expect(summary).toMatchObject({ cacheBytesPerToken, stateBytes: state });
  const cacheBytes = 10 * 2 * 2 * 16 * 2 + state;
  expect(summary.memory[1]).toMatchObject({ dtype: "bf16", cacheBytes });
});

test("quantised weights count as the parameters that they stand for, at the bytes they take", async () => {
  const folder = join(root, "test/fixtures/quantized/gptq-int4");
  const { parameters, storedBytes, memory } = await describeModel(folder, [10]);
  const attention = 64 * (2 * 64 + 2 * 32) + 2 * 32;
  expect(parameters).toBe(96 * 64 + attention + 3 * 64 * 96 + 3 * 64);
  const cacheBytes = 10 * 2 * 32 * 4;
  expect(memory).toEqual([
    { dtype: "quantised", context: 10, weightBytes: storedBytes, cacheBytes },
  ]);
});

test("memoryNeeds of a model without cache sizes is its weights", () => {
  const needs = memoryNeeds({ parameters: 10 }, undefined, [100]);
  expect(needs.map((need) => need.weightBytes + need.cacheBytes)).toEqual([40, 20, 20]);
});

test("contexts stop at the model's limit", () => {
  expect(contextsUpTo(1000)).toEqual([512, 1000]);
  expect(contextsUpTo(32_768)).toEqual([512, 4096, 32_768]);
  expect(contextsUpTo(undefined)).toEqual([512, 4096, 32_768]);
});
