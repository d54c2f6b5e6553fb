/** What is written of a decoder reads back as the same decoder. */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/index.ts";
import { toValues } from "../../src/graph/ndarray.ts";
import {
  configJson,
  forwardProgram,
  loadModel,
  readModelConfig,
  writeModelFiles,
} from "../../src/models/index.ts";

const root = join(import.meta.dirname, "../fixtures/qwen");
const cases = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

const read = (name: string) => {
  const file = join(root, name, "config.json");
  return readModelConfig(file, JSON.parse(readFileSync(file, "utf8")));
};

it.each(cases)("the config of %s survives", (name) => {
  const config = read(name);
  const written = JSON.parse(JSON.stringify(configJson(config, "bf16")));
  expect(readModelConfig("config.json", written)).toEqual(config);
  expect(written.torch_dtype).toBe("bfloat16");
});

it("refuses what a family's config.json cannot say", () => {
  const qwen2 = read("qwen2-tied");
  expect(() => configJson({ ...qwen2, qkNorm: true }, "f32")).toThrow(/Qwen2 has q, k, v biases/);
  expect(() => configJson({ ...qwen2, windows: [3, 4] }, "f32")).toThrow("found 3,4");
  const next = read("qwen3-next-dense");
  expect(() => configJson({ ...next, gate: undefined }, "f32")).toThrow(/have gated attention/);
  expect(() => configJson({ ...qwen2, offsetNorms: true }, "f32")).toThrow(
    /a qwen2 decoder cannot/,
  );
});

it("writes a folder that loads, with companion files", async () => {
  const dir = mkdtempSync(join(tmpdir(), "onefold-save-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  using model = await loadModel(join(root, "qwen3-tied"));
  const { names } = model.checkpoint;
  const weights = new Map(names.map((name) => [name, model.checkpoint.readAs(name, "f32")]));
  const files = { "tokenizer.json": '{"a":1}', "generation_config.json": { eos_token_id: 3 } };
  await writeModelFiles(dir, model.config, weights, { dtype: "bf16", files });
  using saved = await loadModel(dir);
  expect(saved.config).toEqual(model.config);
  expect(saved.checkpoint.info(names[0]).dtype).toBe("bf16");
  for (const name of names) {
    const values = toValues(saved.checkpoint.read(name));
    toValues(model.checkpoint.read(name)).forEach((x, i) => {
      expect(Math.abs(values[i] - x)).toBeLessThanOrEqual(Math.abs(x) / 256);
    });
  }
  expect(readFileSync(join(dir, "tokenizer.json"), "utf8")).toBe('{"a":1}');
  expect(readFileSync(join(dir, "generation_config.json"), "utf8")).toContain('"eos_token_id": 3');
});

it.each(["qwen-v1-long", "qwen2-moe", "qwen3-moe-stacked", "qwen3-next-moe", "qwen3-5-text"])(
  "writes %s under the names that are published, and reads it back bit for bit",
  async (name) => {
    const dir = mkdtempSync(join(tmpdir(), "onefold-save-"));
    onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
    using model = await loadModel(join(root, name));
    const ports = forwardProgram(model.config).weights;
    const weights = new Map(ports.map((port) => [port.name, model.weights(port)]));
    await writeModelFiles(dir, model.config, weights);
    using saved = await loadModel(dir);
    expect(saved.config).toEqual(model.config);
    for (const port of ports) {
      expect(toValues(saved.weights(port))).toEqual(toValues(weights.get(port.name)!));
    }
    using published = await openCheckpoint(join(root, name.replace("-stacked", "")));
    using written = await openCheckpoint(dir);
    expect([...written.names].sort()).toEqual([...published.names].sort());
  },
);
