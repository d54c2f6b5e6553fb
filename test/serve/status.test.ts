import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { loadLanguageModel } from "../../src/generate/language-model.ts";
import { readExamples } from "../../src/generate/model-facts.ts";
import { json, mini, miniFolder, startTest } from "./support.ts";

interface Status {
  readonly active_requests: number;
  readonly memory: { readonly resident_bytes: number };
  readonly models: readonly {
    readonly id: string;
    readonly loaded: boolean;
    readonly slots?: number;
    readonly parameters?: number;
    readonly weights?: readonly { dtype: string; parameters: number; bytes: number }[];
    readonly cache: { tokens: number; capacity_tokens: number; bytes: number };
    readonly tokens: { prompt: number; generated: number };
    readonly can_think: boolean;
    readonly can_call_tools: boolean;
    readonly sampling: { readonly temperature: number };
    readonly examples: readonly string[];
  }[];
}

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

test("tells what models hold once they are loaded, and counts what they did", async () => {
  await using server = await startTest([mini, { ...mini, name: "other" }]);
  const status = () => json<Status>(fetch(`${server.url}/status`));
  const read = (name: string) => JSON.parse(readFileSync(join(miniFolder, name), "utf8"));
  const config: Record<string, number> = read("config.json");
  const before = await status();
  expect(before.models).toEqual([
    { id: "onefold-mini", loaded: false, takes_files: false },
    { id: "other", loaded: false, takes_files: false },
  ]);
  const { usage } = await server.client.chat.completions.create({
    model: "onefold-mini",
    messages: [{ role: "user", content: "What is 12 + 30?" }],
  });
  const { models, memory, active_requests } = await status();
  const [model, other] = models;
  expect(other).toEqual({ id: "other", loaded: false, takes_files: false });
  expect(active_requests).toBe(0);
  expect(memory.resident_bytes).toBeGreaterThan(2 ** 20);
  expect(model).toMatchObject({
    loaded: true,
    slots: 4,
    context_length: config.max_position_embeddings,
    can_think: true,
    can_call_tools: false,
    sampling: { temperature: 0, max_tokens: read("generation_config.json").max_new_tokens },
    tokens: { prompt: usage!.prompt_tokens, generated: usage!.completion_tokens },
  });
  // Layers x 2 (keys, values) x heads x width x 4 bytes.
  const { num_hidden_layers: layers, num_key_value_heads: heads, head_dim: width } = config;
  const bytes = layers! * 2 * heads! * width! * 4;
  expect(model!.cache.bytes / model!.cache.capacity_tokens).toBe(bytes);
  expect(model!.weights).toEqual([
    { dtype: "bf16", parameters: model!.parameters, bytes: 2 * model!.parameters! },
  ]);
  expect(model!.examples).toContain("What is 347 + 285?");
});

test("counts quantised weights as the parameters that they stand for", async () => {
  const folder = mkdtempSync(join(tmpdir(), "onefold-status-"));
  folders.push(folder);
  using plain = await loadLanguageModel(miniFolder, { slots: 1 });
  for (const quant of ["int4", "int8"] as const) {
    using model = await loadLanguageModel(miniFolder, { quant, quantCacheDir: folder, slots: 1 });
    const { facts } = model;
    expect(facts!.weights.map(({ dtype }) => dtype)).toContain(quant);
    expect(facts!.parameters).toBe(plain.facts!.parameters);
    const bytes = facts!.weights.reduce((sum, each) => sum + each.bytes, 0);
    expect(bytes).toBeLessThan(plain.facts!.weights[0]!.bytes);
  }
});

test("examples come from a card's widget, and a card that makes no sense has none", async () => {
  const folder = mkdtempSync(join(tmpdir(), "onefold-card-"));
  folders.push(folder);
  const examples = (card: string) => {
    writeFileSync(join(folder, "README.md"), card);
    return readExamples(folder);
  };
  expect(await readExamples(join(folder, "nowhere"))).toEqual([]);
  const widget = "- text: one\n- messages:\n  - {role: user, content: two}\n- src: a.png\n- 3";
  expect(await examples(`---\nwidget:\n${widget}\n---\n# Card`)).toEqual(["one", "two"]);
  const nonsense = ["# no metadata", "---\n: [\n---\n", "---\nwidget: 7\n---\n", "---\n---\n"];
  nonsense.push(`---\nwidget:\n- text: ${"x".repeat(600)}\n---\n`);
  for (const card of nonsense) expect(await examples(card), card).toEqual([]);
});

test("says where memory leaves requests less room than the model has", async () => {
  const warnings: string[] = [];
  const perToken = 2 * 6 * 4 * 32 * 4; // keys and values, layers, heads, width, bytes
  using model = await loadLanguageModel(miniFolder, {
    slots: 2,
    memory: 2 * 100 * perToken,
    onWarning: (text) => warnings.push(text),
  });
  expect(model.engine.contextLimit).toBe(100);
  expect(warnings).toEqual([
    "the cache has room for 100 tokens in each of 2 slots, not for 1024; fewer slots have more room",
  ]);
});
