import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { resolveSampling } from "../../src/generate/chat-options.ts";
import { greedy, readGenerationDefaults } from "../../src/generate/index.ts";

async function readFolder(files: Readonly<Record<string, unknown>>) {
  const folder = mkdtempSync(join(tmpdir(), "onefold-config-"));
  try {
    for (const [name, value] of Object.entries(files)) {
      writeFileSync(join(folder, name), JSON.stringify(value));
    }
    return await readGenerationDefaults(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** As published with Qwen3. */
const qwen3 = {
  bos_token_id: 151643,
  do_sample: true,
  eos_token_id: [151645, 151643],
  pad_token_id: 151643,
  temperature: 0.6,
  top_k: 20,
  top_p: 0.95,
};

test("Qwen3's file: thinking is sampled as it says", async () => {
  const defaults = await readFolder({ "generation_config.json": qwen3 });
  expect(defaults.stopTokens).toEqual([151645, 151643]);
  const published = { ...greedy, temperature: 0.6, topK: 20, topP: 0.95 };
  expect(resolveSampling({}, defaults, true)).toEqual(published);
  expect(resolveSampling({ temperature: 0.9 }, defaults, true)).toEqual({
    ...published,
    temperature: 0.9,
  });
});

test("do_sample false, or left out, is greedy; true without a temperature is 1", async () => {
  const read = async (values: object) =>
    resolveSampling({}, await readFolder({ "generation_config.json": values }), true);
  expect(await read({ ...qwen3, do_sample: false })).toMatchObject({ temperature: 0 });
  expect(await read({ temperature: 0.7 })).toMatchObject({ temperature: 0 });
  expect(await read({ do_sample: true })).toMatchObject({ temperature: 1 });
});

test("without a file it is greedy, but thinking is sampled as Qwen3 advises", async () => {
  const defaults = await readFolder({ "config.json": { eos_token_id: 7 } });
  expect(defaults).toMatchObject({ stopTokens: [7], hasFile: false, maxTokens: undefined });
  expect(resolveSampling({}, defaults, false)).toEqual(greedy);
  expect(resolveSampling({}, defaults, true)).toMatchObject({ temperature: 0.6, topK: 20 });
});

test("the file's stop tokens win over those of config.json; null means none given", async () => {
  const config = { eos_token_id: 7 };
  const read = (eos: unknown) =>
    readFolder({ "config.json": config, "generation_config.json": { eos_token_id: eos } });
  expect((await read(3)).stopTokens).toEqual([3]);
  expect((await read(null)).stopTokens).toEqual([7]);
});

test.each([
  [{ top_p: 2 }, '"top_p" must be between 0 and 1, but is 2'],
  [{ temperature: "hot" }, '"temperature" must be at least 0, but is "hot"'],
  [{ do_sample: 1 }, '"do_sample" must be true or false'],
  [{ eos_token_id: [1, "x"] }, '"eos_token_id" must be a token id or a list of them'],
  [{ max_new_tokens: 0 }, '"max_new_tokens" must be a positive integer'],
])("%o is refused with file and key", async (values, message) => {
  const reading = readFolder({ "generation_config.json": values });
  await expect(reading).rejects.toThrow(`generation_config.json: ${message}`);
});
