import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/checkpoint.ts";
import { saveSafetensors } from "../../src/checkpoint/save.ts";
import { createDecoderSession } from "../../src/generate/index.ts";
import { fromValues, type NDArray } from "../../src/graph/ndarray.ts";
import {
  forwardProgram,
  loadModel,
  mergeAdapter,
  openAdapter,
  writeAdapterFiles,
} from "../../src/models/index.ts";
import { createSession } from "../../src/runtime/index.ts";

const fixtures = fileURLToPath(new URL("../fixtures/adapters", import.meta.url));
const base = join(fixtures, "base");
const expected = await openCheckpoint(join(fixtures, "expected.safetensors"));
const ids = Array.from(expected.read("tokens").data as BigInt64Array, Number);
const kinds = ["lora", "rslora", "dora"] as const;

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "onefold-adapter-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function logitsOf(dir: string, adapter?: string): Promise<Float32Array> {
  using model = await loadModel(dir, { adapter });
  const { weights, config } = model;
  using session = await createSession(forwardProgram(config), { weights, prepack: false });
  const { logits } = await session.run({ tokens: fromValues("i64", [1, ids.length], ids) });
  return logits!.data as Float32Array;
}

function expectLogits(found: Float32Array, name: string): void {
  const wanted = expected.read(name).data as Float32Array;
  expect(found).toHaveLength(wanted.length);
  wanted.forEach((x, i) => {
    expect(Math.abs(found[i]! - x), `[${i}]`).toBeLessThan(1e-4);
  });
}

it.each(kinds)("a %s adapter gives PEFT's logits, the base its own", async (kind) => {
  expectLogits(await logitsOf(base, join(fixtures, kind)), kind);
  expectLogits(await logitsOf(base), "base");
});

it("adapters work in cached decoding", async () => {
  using model = await loadModel(base, { adapter: join(fixtures, "lora") });
  using session = await createDecoderSession(model);
  const rows = expected.read("lora").data as Float32Array;
  const vocab = model.config.vocabSize;
  for (const [i, id] of ids.entries()) {
    await session.step(id);
    for (let v = 0; v < vocab; v++) {
      expect(Math.abs(session.logits[v]! - rows[i * vocab + v]!), `${i}, ${v}`).toBeLessThan(1e-4);
    }
  }
});

it.each(kinds)("a merged %s adapter is PEFT's merged model, without an adapter", async (kind) => {
  const out = join(temporaryFolder(), "merged");
  const changed = await mergeAdapter(base, join(fixtures, kind), out);
  expect(changed).toBe({ lora: 4, rslora: 14, dora: 6 }[kind]);
  const found = await logitsOf(out);
  expectLogits(found, `${kind} merged`);
  expectLogits(found, kind);
});

it("writes what PEFT writes, and reads it back", async () => {
  const dir = temporaryFolder();
  using source = await loadModel(base);
  using adapter = await openAdapter(join(fixtures, "dora"), source.config);
  using stored = await openCheckpoint(join(fixtures, "dora/adapter_model.safetensors"));
  const parameters = new Map<string, NDArray>(
    stored.names.map((name) => [name.replace("base_model.model.", ""), stored.read(name)]),
  );
  await writeAdapterFiles(dir, adapter.lora, parameters, "org/base");
  using written = await openCheckpoint(join(dir, "adapter_model.safetensors"));
  expect([...written.names].sort()).toEqual([...stored.names].sort());
  const theirs = JSON.parse(readFileSync(join(fixtures, "dora/adapter_config.json"), "utf8"));
  const ours = JSON.parse(readFileSync(join(dir, "adapter_config.json"), "utf8"));
  expect(theirs).toMatchObject({ ...ours, base_model_name_or_path: null });
  expectLogits(await logitsOf(base, dir), "dora");
});

/** A copy of the LoRA adapter with its config changed. */
function changed(config: Record<string, unknown>): string {
  const dir = temporaryFolder();
  cpSync(join(fixtures, "lora"), dir, { recursive: true });
  const file = join(dir, "adapter_config.json");
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), ...config }));
  return dir;
}

it.each([
  [{ peft_type: "IA3" }, '"peft_type" must be "LORA", found "IA3"'],
  [{ bias: "all" }, '"bias" must be "none" (others are not supported), found "all"'],
  [{ modules_to_save: ["lm_head"] }, '"modules_to_save" must be empty (it is not supported)'],
  [{ rank_pattern: { q_proj: 8 } }, '"rank_pattern" must be empty'],
  [{ r: 0 }, '"r" must be a positive integer, found 0'],
  [{ r: 8 }, 'lora_A.weight" has shape [4,16], but this base needs [8,16]'],
  [{ use_dora: true }, 'lora_magnitude_vector" is missing; the adapter is incomplete'],
])("refuses an adapter with %j", async (config, message) => {
  await expect(logitsOf(base, changed(config))).rejects.toThrow(message);
});

it("refuses an adapter for another base, naming the tensor", async () => {
  await expect(logitsOf("models/onefold-mini", join(fixtures, "lora"))).rejects.toThrow(
    /tensor "base_model\.model\.model\.layers\.0\S+" has shape .*the adapter is for another base/,
  );
  const dir = changed({});
  const file = join(dir, "adapter_model.safetensors");
  const array = fromValues("f32", [4, 16], new Array(64).fill(0));
  await saveSafetensors(file, [
    { name: "base_model.model.model.layers.7.self_attn.q_proj.lora_A.weight", array },
  ]);
  await expect(logitsOf(base, dir)).rejects.toThrow("belongs to no linear map of this qwen3 base");
});
