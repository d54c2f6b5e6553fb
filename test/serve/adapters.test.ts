/** Adapters behind the API: "base:adapter", over weights that are shared with the base. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { load } from "../../src/generate/load.ts";
import type { NDArray } from "../../src/graph/ndarray.ts";
import { decoderSpecs } from "../../src/models/decoder-parameters.ts";
import { loadModel, writeAdapterFiles } from "../../src/models/index.ts";
import { shareBase } from "../../src/models/shared-base.ts";
import { initialise } from "../../src/nn/initialise.ts";
import { isLoraName, type LoraConfig } from "../../src/nn/lora.ts";
import { normal } from "../../src/nn/scope.ts";
import { adaptedSources } from "../../src/serve/index.ts";
import { runOnefold } from "../cli/run-onefold.ts";
import { miniFolder, startTest } from "./support.ts";

const TIMEOUT = 120_000;
const fixture = join(import.meta.dirname, "../fixtures/adapters/lora");
let folder: string;
/** Adapters of the mini whose change is large: one random, another in q_proj alone. */
let wild: string;
let mild: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "onefold-serve-adapters-"));
  wild = await writeAdapter("wild", { rank: 4, alpha: 64, targets: "all-linear" });
  mild = await writeAdapter("mild", { rank: 2, alpha: 64, targets: ["q_proj"] });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function writeAdapter(name: string, lora: LoraConfig): Promise<string> {
  using model = await loadModel(miniFolder);
  const specs = [...decoderSpecs({ ...model.config, lora }).values()];
  const factors: ReadonlyMap<string, NDArray> = initialise(
    specs.flatMap((spec) => (isLoraName(spec.name) ? { ...spec, init: normal(0.1) } : [])),
    7,
  );
  const dir = join(folder, name);
  mkdirSync(dir);
  await writeAdapterFiles(dir, lora, factors, "onefold-mini");
  return dir;
}

const question = "What is 12 + 30?";
const settings = { temperature: 0, maxTokens: 12, thinking: false };
async function answerOf(adapter?: string): Promise<string> {
  using model = await load(miniFolder, { adapter, slots: 1 });
  return (await model.generate(question, settings)).content;
}

test(
  "a request names base or adapter, and gets the answer of that",
  async () => {
    const adapters = new Map([
      ["wild", wild],
      ["mild", mild],
    ]);
    const base = { name: "mini", spec: miniFolder, adapters };
    await using server = await startTest(await adaptedSources(base, { slots: 1 }));
    const ask = async (model: string): Promise<string | null> => {
      const { choices } = await server.client.chat.completions.create({
        model,
        messages: [{ role: "user", content: question }],
        temperature: 0,
        max_tokens: 12,
        ...{ chat_template_kwargs: { enable_thinking: false } },
      });
      return choices[0]!.message.content;
    };
    const names = ["mini", "mini:wild", "mini:mild"];
    const loaded = async () => {
      const { data } = await server.client.models.list();
      return data.map(({ id, ...rest }) => [id, (rest as { loaded?: boolean }).loaded]);
    };
    expect(await loaded()).toEqual(names.map((name) => [name, false]));
    const answers = await Promise.all(names.map(ask));
    expect(answers).toEqual([await answerOf(), await answerOf(wild), await answerOf(mild)]);
    expect(new Set(answers).size).toBe(3);
    expect(await loaded()).toEqual(names.map((name) => [name, true]));
    await expect(ask("mini:sums")).rejects.toMatchObject({
      status: 404,
      message: expect.stringContaining("there is mini, mini:wild, mini:mild"),
    });
  },
  TIMEOUT,
);

test("adapters share the arrays of their base, which closes with the last of them", async () => {
  const base = shareBase(miniFolder);
  const [plain, adapted] = [await base.open(), await base.open(wild)];
  const port = { name: "model.norm.weight", dtype: "f32", shape: [128] } as const;
  const kept = plain.weights(port);
  expect(adapted.weights(port)).toBe(kept);
  expect(adapted.config.lora?.rank).toBe(4);
  expect(plain.config.lora).toBeUndefined();
  plain[Symbol.dispose]();
  plain[Symbol.dispose](); // asked twice, given back once
  expect(adapted.weights(port)).toBe(kept);
  adapted[Symbol.dispose]();
  using again = await base.open();
  expect(again.weights(port)).not.toBe(kept);
  await expect(base.open(fixture)).rejects.toThrow("the adapter is for another base");
  expect(again.weights(port).data).toEqual(kept.data); // a failure closes nothing of others
});

test("warns where an adapter was trained with another chat template", async () => {
  const chat_template_sha256 = { default: "0".repeat(64) };
  writeFileSync(join(mild, "training.json"), JSON.stringify({ chat_template_sha256 }));
  const warnings: string[] = [];
  const onWarning = (message: string) => warnings.push(message);
  const base = { name: "mini", spec: miniFolder, adapters: new Map([["mild", mild]]) };
  const [plain, adapted] = await adaptedSources(base, { slots: 1, onWarning });
  using _ = await plain!.load();
  expect(warnings).toEqual([]);
  using __ = await adapted!.load();
  expect(warnings).toEqual([
    expect.stringMatching(/mild\/training\.json: the model was trained with another chat template/),
  ]);
});

test(
  "an adapter for another base is refused before anything is served",
  async () => {
    const args = ["serve", `mini=${miniFolder}`, "--port", "0", "--adapter", `other=${fixture}`];
    const { code, stdout, stderr } = await runOnefold(args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/adapter_model\.safetensors: tensor .* the adapter is for another base/);
  },
  TIMEOUT,
);

test.each([
  [["serve", miniFolder, "--adapter", "sums"], "--adapter sums: expected NAME=FOLDER"],
  [
    ["serve", `a=${miniFolder}`, `b=${miniFolder}`, "--adapter", "sums=x"],
    "--adapter sums=x: expected MODEL:NAME=FOLDER (models: a, b)",
  ],
  [
    ["serve", `a=${miniFolder}`, "--adapter", "x=1", "--adapter", "a:x=2"],
    "--adapter a:x=2: the name is given twice",
  ],
])(
  "%j is refused",
  async (args, message) => {
    const { code, stderr } = await runOnefold(args);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  },
  TIMEOUT,
);

test(
  "onefold run answers with an adapter",
  async () => {
    const args = ["run", miniFolder, question, "--no-think", "--temperature", "0"];
    const { code, stdout } = await runOnefold([...args, "--max-tokens", "12", "--adapter", wild]);
    expect(code).toBe(0);
    expect(stdout.trim()).toBe((await answerOf(wild)).trim());
  },
  TIMEOUT,
);
