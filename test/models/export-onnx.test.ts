/** Exported programs in the tools they are for: transformers.js, and ONNX Runtime's own package. */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AutoModelForCausalLM, AutoTokenizer, env, Tensor } from "@huggingface/transformers";
import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createDecoderSession, generate } from "../../src/generate/index.ts";
import { fromValues } from "../../src/graph/ndarray.ts";
import { loadChatTemplate, loadTokenizer } from "../../src/media/text/index.ts";
import {
  exportOnnx,
  exportTransformersJs,
  forwardProgram,
  loadModel,
} from "../../src/models/index.ts";
import { createSession } from "../../src/runtime/index.ts";

const mini = new URL("../../models/onefold-mini", import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "onefold-onnx-"));
const question = [{ role: "user", content: "What is 12 + 30?" }];

/** What our engine gives for the prompt below. */
const ours = {
  ids: [] as number[],
  logits: new Float32Array() as Float32Array,
  greedy: [] as number[],
};
const stepLogits: number[] = [];

// Ours first: ONNX Runtime's environment is one a process, and whoever makes it decides whether
// sessions can share a thread pool, as ours do.
beforeAll(async () => {
  using model = await loadModel(mini);
  const tokenizer = await loadTokenizer(mini);
  const template = await loadChatTemplate(mini);
  ours.ids = [...tokenizer.encode(template.render({ messages: question }))];
  const { ids } = ours;
  using forward = await createSession(forwardProgram(model.config), { weights: model.weights });
  const { logits } = await forward.run({ tokens: fromValues("i64", [1, ids.length], ids) });
  ours.logits = logits!.data as Float32Array;
  using session = await createDecoderSession(model);
  const settings = { maxTokens: 32, sampling: { temperature: 0 } };
  for await (const { token } of generate(session, ids, settings)) ours.greedy.push(token);
  await session.resume([3, 5, 7]);
  stepLogits.push(...session.logits);
  await exportTransformersJs(mini, join(folder, "mini"));
  env.allowRemoteModels = false;
  env.localModelPath = folder;
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function theirs() {
  const tokenizer = await AutoTokenizer.from_pretrained("mini");
  const model = await AutoModelForCausalLM.from_pretrained("mini", { dtype: "fp32" });
  const text = tokenizer.apply_chat_template(question, {
    tokenize: false,
    add_generation_prompt: true,
  }) as string; // tokenize is false
  return { tokenizer, model, text };
}

const numbers = (tensor: { data: unknown }): number[] =>
  Array.from(tensor.data as ArrayLike<number | bigint>, Number);

it("gives transformers.js our logits and our greedy tokens", { timeout: 180_000 }, async () => {
  const { tokenizer, model, text } = await theirs();
  const inputs = tokenizer(text);
  const { ids, greedy } = ours;
  expect(numbers(inputs.input_ids)).toEqual(ids);
  const { logits } = await model({ ...inputs });
  expect(logits.dims).toEqual([1, ids.length, 2048]);
  let worst = 0;
  logits.data.forEach((value: number, i: number) => {
    worst = Math.max(worst, Math.abs(value - ours.logits[i]!));
  });
  expect(worst).toBeLessThan(1e-3); // logits reach 30

  const options = { max_new_tokens: 32, do_sample: false };
  const all = (await model.generate({ ...inputs, ...options })) as Tensor;
  const found = numbers(all).slice(ids.length);
  expect(found.length).toBeGreaterThan(16);
  expect(found).toEqual(greedy.slice(0, found.length));
});

it("answers a left-padded batch as each prompt alone", { timeout: 180_000 }, async () => {
  const { tokenizer, model, text } = await theirs();
  tokenizer.padding_side = "left";
  const prompts = [text, `${text}<think>`, "Add 3 and 4"];
  const options = { max_new_tokens: 6, do_sample: false };
  const batch = tokenizer(prompts, { padding: true });
  const together = (await model.generate({ ...batch, ...options })) as Tensor;
  const width = batch.input_ids.dims[1];
  for (const [i, prompt] of prompts.entries()) {
    const inputs = tokenizer(prompt);
    const alone = (await model.generate({ ...inputs, ...options })) as Tensor;
    const expected = numbers(alone).slice(inputs.input_ids.dims[1]);
    const row = numbers(together).slice(i * together.dims[1]!, (i + 1) * together.dims[1]!);
    expect(row.slice(width, width + expected.length)).toEqual(expected);
  }
});

it("writes what transformers.js looks for", () => {
  expect(readdirSync(join(folder, "mini")).sort()).toEqual([
    "README.md",
    "config.json",
    "generation_config.json",
    "onnx",
    "tokenizer.json",
    "tokenizer_config.json",
  ]);
  expect(readdirSync(join(folder, "mini/onnx"))).toEqual(["model.onnx"]);
});

it("loads weights from files beside the model", { timeout: 180_000 }, async () => {
  const { dataFiles } = await exportTransformersJs(mini, join(folder, "beside"), {
    weights: "external",
  });
  expect(dataFiles).toEqual(["model.onnx_data"]);
  const config: unknown = JSON.parse(readFileSync(join(folder, "beside/config.json"), "utf8"));
  expect(config).toMatchObject({
    "transformers.js_config": { use_external_data_format: { "model.onnx": 1 } },
  });
  const logitsOf = async (name: string) => {
    const model = await AutoModelForCausalLM.from_pretrained(name, { dtype: "fp32" });
    const input_ids = new Tensor("int64", BigInt64Array.of(3n, 5n, 7n), [1, 3]);
    const attention_mask = new Tensor("int64", BigInt64Array.of(1n, 1n, 1n), [1, 3]);
    return numbers((await model({ input_ids, attention_mask })).logits);
  };
  const all = await logitsOf("mini");
  expect(await logitsOf("beside")).toEqual(all);
  await exportTransformersJs(mini, join(folder, "last"), { logits: "last" });
  const last = await logitsOf("last");
  expect(last.length).toBe(2048); // [1, 1, vocab]
  last.forEach((value, i) => {
    expect(value).toBeCloseTo(all[2 * 2048 + i]!, 4);
  });
});

it("gives transformers.js 4-bit weights by the name it knows", { timeout: 180_000 }, async () => {
  await exportTransformersJs(mini, join(folder, "small"), {
    quant: "int4",
    quantCacheDir: join(folder, "cache"),
  });
  expect(readdirSync(join(folder, "small/onnx"))).toEqual(["model_q4.onnx"]);
  const model = await AutoModelForCausalLM.from_pretrained("small", { dtype: "q4" });
  const { ids, logits } = ours;
  const input_ids = new Tensor("int64", BigInt64Array.from(ids, BigInt), [1, ids.length]);
  const attention_mask = new Tensor(
    "int64",
    input_ids.data.map(() => 1n),
    [1, ids.length],
  );
  const found = numbers((await model({ input_ids, attention_mask })).logits);
  const last = (all: ArrayLike<number>): number[] => Array.from(all).slice(-2048);
  const [a, b] = [last(found), last(logits)];
  const product = (x: number[], y: number[]): number => x.reduce((sum, v, i) => sum + v * y[i]!, 0);
  expect(product(a, b) / Math.sqrt(product(a, a) * product(b, b))).toBeGreaterThan(0.97);
});

it("exports the step program with documented names", { timeout: 180_000 }, async () => {
  const file = join(folder, "step.onnx");
  using model = await loadModel(mini);
  const { inputs, outputs } = await exportOnnx(model, file, { weights: "external" });
  expect(inputs.slice(0, 4).map(({ name }) => name)).toEqual([
    "tokens",
    "past",
    "key.0",
    "value.0",
  ]);
  expect(outputs.map(({ name }) => name)).toContain("present_value.5");
  const session = await InferenceSession.create(file);
  const feeds: Record<string, OrtTensor> = {
    tokens: new OrtTensor("int64", BigInt64Array.of(3n, 5n, 7n), [1, 3]),
    past: new OrtTensor("int32", Int32Array.of(0), [1]),
  };
  for (const { name } of inputs.slice(2)) {
    feeds[name] = new OrtTensor("float32", new Float32Array(4 * 16 * 32), [1, 4, 16, 32]);
  }
  const { logits } = await session.run(feeds);
  const found = numbers(logits!);
  for (const [i, wanted] of stepLogits.entries()) expect(found[i]).toBeCloseTo(wanted, 3);
});
