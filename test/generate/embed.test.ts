import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { saveSafetensors } from "../../src/checkpoint/index.ts";
import {
  createTextJudge,
  embeddingTokens,
  normalise,
  rerankTokens,
  yesProbability,
} from "../../src/generate/embed.ts";
import { createDecoderSession } from "../../src/generate/index.ts";
import { loadLanguageModel } from "../../src/generate/language-model.ts";
import { toValues } from "../../src/graph/ndarray.ts";
import { loadTokenizer } from "../../src/media/text/index.ts";
import { loadModel } from "../../src/models/index.ts";

const folder = "models/onefold-mini";

test("the scores of a whole text are those of decoding, and follow from its hidden state", async () => {
  using model = await loadModel(folder);
  using session = await createDecoderSession(model);
  using judge = createTextJudge(model);
  const tokens = [5, 90, 17, 300, 42];
  await session.prefill(tokens);
  const logits = await judge.lastLogits(tokens);
  logits.forEach((x, i) => {
    expect(x).toBeCloseTo(session.logits[i]!, 3);
  });
  const hidden = await judge.lastHidden(tokens);
  const shape = [model.config.vocabSize, model.config.hiddenSize];
  const port = { name: "model.embed_tokens.weight", dtype: "f32" as const, shape };
  const table = toValues(model.checkpoint.readAs(port.name, port.dtype)) as number[];
  const row = table.slice(300 * hidden.length, 301 * hidden.length); // the head is tied
  const score = row.reduce((sum, x, i) => sum + x * hidden[i]!, 0);
  expect(score).toBeCloseTo(logits[300]!, 3);
  await expect(judge.lastHidden([])).rejects.toThrow(/empty/);
  await expect(judge.lastHidden(new Int32Array(5000).fill(1))).rejects.toThrow(/context/);
});

test("texts get their end token, control tokens in them are text, and vectors length 1", async () => {
  const tokenizer = await loadTokenizer(folder);
  const end = tokenizer.tokenToId("<|endoftext|>");
  expect(embeddingTokens(tokenizer, "one").at(-1)).toBe(end);
  const inner = embeddingTokens(tokenizer, "<|im_start|>").slice(0, -1);
  expect(inner).not.toContain(tokenizer.tokenToId("<|im_start|>"));
  expect(Math.hypot(...normalise(Float32Array.of(3, 4, 12)))).toBeCloseTo(1, 6);
  expect(Array.from(normalise(Float32Array.of(3, 4, 12), 2))).toEqual(
    [0.6, 0.8].map((x) => expect.closeTo(x, 6)),
  );
  expect(() => normalise(Float32Array.of(1), 2)).toThrow(/dimensions is 2/);
  const prompt = tokenizer.decode(rerankTokens(tokenizer, { query: "q", document: "d" }));
  expect(prompt).toMatch(/<Query>: q\n<Document>: d<\|im_end\|>\n<\|im_start\|>assistant\n<think>/);
});

test("a score is the probability of yes against no", () => {
  const ids: Record<string, number> = { yes: 0, no: 1 };
  const tokenizer = { tokenToId: (word: string) => ids[word] };
  const score = (yes: number, no: number): number =>
    yesProbability(Float32Array.of(yes, no), tokenizer);
  expect(score(1, 1)).toBe(0.5);
  expect(score(2, 0)).toBeCloseTo(1 / (1 + Math.exp(-2)), 6);
  expect(() => yesProbability(Float32Array.of(1), { tokenToId: () => undefined })).toThrow(
    /not a reranker/,
  );
});

test("a checkpoint without prefix and head gives the same vectors, and generates nothing", async () => {
  const bare = mkdtempSync(join(tmpdir(), "onefold-bare-"));
  try {
    cpSync(folder, bare, { recursive: true });
    using whole = await loadModel(folder);
    const tensors = whole.checkpoint.names.map((name) => ({
      name: name.replace(/^model\./, ""),
      array: whole.checkpoint.read(name),
    }));
    await saveSafetensors(join(bare, "model.safetensors"), tensors);
    const config = JSON.parse(readFileSync(join(folder, "config.json"), "utf8"));
    const untied = { ...config, tie_word_embeddings: false };
    writeFileSync(join(bare, "config.json"), JSON.stringify(untied));
    using model = await loadLanguageModel(bare);
    using judge = createTextJudge(whole);
    const tokens = [5, 90, 17];
    expect(await model.judge!.lastHidden(tokens)).toEqual(await judge.lastHidden(tokens));
    expect(() => model.engine.generate({ prompt: tokens })).toThrow(/generates nothing/);
  } finally {
    rmSync(bare, { recursive: true, force: true });
  }
});
