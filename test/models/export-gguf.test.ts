/** onefold-mini and the small fixtures to GGUF and back. */

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { type GgufValue, MetadataReader } from "../../src/checkpoint/gguf/metadata.ts";
import { saveGguf } from "../../src/checkpoint/gguf/write.ts";
import { openCheckpoint } from "../../src/checkpoint/index.ts";
import { createChat } from "../../src/generate/index.ts";
import { loadTokenizer } from "../../src/media/text/index.ts";
import { exportGguf, type GgufType, loadModel } from "../../src/models/index.ts";

const mini = new URL("../../models/onefold-mini", import.meta.url).pathname;
const qwen = new URL("../fixtures/qwen", import.meta.url).pathname;

function temporaryFile(): string {
  const folder = mkdtempSync(join(tmpdir(), "onefold-gguf-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "model.gguf");
}

/** Largest error of a weight, as a part of the largest weight of its tensor. */
const errors: readonly (readonly [GgufType, number])[] = [
  ["f32", 0],
  ["bf16", 0], // onefold-mini is stored in bf16
  ["f16", 2 ** -11],
  ["q8_0", 0.5 / 127 + 2 ** -11],
  ["q4_0", 1 / 8 + 2 ** -11],
];

it.each(errors)(
  "round-trips onefold-mini through %s",
  { timeout: 120_000 },
  async (type, bound) => {
    const file = temporaryFile();
    await exportGguf(mini, file, { type });
    using there = await loadModel(mini);
    using back = await loadModel(file);
    expect(back.config).toEqual({
      ...there.config,
      initializerRange: back.config.initializerRange,
    });
    expect([...back.checkpoint.names].sort()).toEqual([...there.checkpoint.names].sort());
    for (const name of there.checkpoint.names) {
      const expected = there.checkpoint.readAs(name, "f32").data as Float32Array;
      const found = back.checkpoint.readAs(name, "f32").data as Float32Array;
      let most = 0;
      let worst = 0;
      for (let i = 0; i < expected.length; i++) {
        most = Math.max(most, Math.abs(expected[i]!));
        worst = Math.max(worst, Math.abs(expected[i]! - found[i]!));
      }
      expect(worst, name).toBeLessThanOrEqual(most * bound);
    }
  },
);

it("answers from a GGUF file as from the folder", { timeout: 120_000 }, async () => {
  const file = temporaryFile();
  await exportGguf(mini, file, { type: "bf16" });
  const answerOf = async (model: string) => {
    using chat = await createChat(model, { seed: 7, maxTokens: 40 });
    const prompt = await chat.render([{ role: "user", content: "What is 12 + 30?" }]);
    return { prompt, ...(await chat.send("What is 12 + 30?").result()) };
  };
  const [there, back] = [await answerOf(mini), await answerOf(file)];
  expect(back.prompt).toBe(there.prompt);
  expect(back.content).toBe(there.content);
  expect(back.reasoning).toBe(there.reasoning);
  const tokenizers = [await loadTokenizer(mini), await loadTokenizer(file)] as const;
  const text = "Add 3 + 4 <|im_end|>\n<think> naïve 日本";
  expect(tokenizers[1].encode(text)).toEqual(tokenizers[0].encode(text));
  expect(tokenizers[1].specialIds).toEqual(tokenizers[0].specialIds);
});

it("writes rows that 256 does not divide as Q8_0, and norms as F32", async () => {
  const file = temporaryFile();
  await exportGguf(mini, file, { type: "q4_0" });
  using back = await openCheckpoint(file);
  expect(back.info("model.embed_tokens.weight").encoding).toBe("Q8_0"); // it is the head too
  expect(back.info("model.layers.0.mlp.up_proj.weight").encoding).toBe("Q4_0");
  expect(back.info("model.norm.weight")).toMatchObject({ dtype: "f32" });
  await exportGguf(mini, file, { type: "q4_k" }); // its rows of 128 and 384 are not of 256
  using again = await openCheckpoint(file);
  expect(again.info("model.layers.0.mlp.up_proj.weight").encoding).toBe("Q8_0");
});

it("refuses what the format cannot say, and leaves nothing behind", async () => {
  const file = temporaryFile();
  const refused = (name: string) => exportGguf(join(qwen, name), file);
  await expect(refused("qwen2-sliding")).rejects.toThrow(/GGUF cannot say the sliding windows/);
  await expect(refused("qwen2-rope-dynamic")).rejects.toThrow(/rope scaling of the type "dynamic"/);
  expect(readdirSync(join(file, ".."))).toEqual([]);
});

const text = (value: string): GgufValue => ({ type: "string", value });

it("names file, key and expectation of metadata that does not fit", async () => {
  const file = temporaryFile();
  await saveGguf(file, new Map([["general.architecture", text("llama")]]), []);
  await expect(loadModel(file)).rejects.toThrow(
    `${file}: metadata key "general.architecture" must be one of qwen2, qwen3, qwen3moe, ` +
      'found string "llama"',
  );
  const split: [string, GgufValue] = ["split.count", { type: "u32", value: 3 }];
  await saveGguf(file, new Map([split]), []);
  await expect(openCheckpoint(file)).rejects.toThrow(/one of 3 parts.*llama-gguf-split --merge/);
  const reader = new MetadataReader("x.gguf", new Map([["a", text("b")]]));
  expect(() => reader.count("a")).toThrow(/key "a" must be a whole number.*found string "b"/);
  expect(() => reader.text("c")).toThrow(/key "c" must be a string, found nothing/);
});

it("finds the one GGUF file of a folder, and asks where there are two", async () => {
  const file = temporaryFile();
  await exportGguf(mini, file);
  {
    using model = await loadModel(join(file, ".."));
    expect(model.dir).toBe(file);
  }
  writeFileSync(join(file, "../other.gguf"), "");
  await expect(loadModel(join(file, ".."))).rejects.toThrow(/which weights\?.*model\.gguf, other/);
});
