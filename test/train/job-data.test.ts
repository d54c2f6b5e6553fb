/** What a config says of data: packing, streams, masks, fill-in-the-middle, and refusals. */

import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { loadChatTemplate } from "../../src/media/text/index.ts";
import { templateMismatch } from "../../src/models/training-file.ts";
import { type JobPlan, trainFromConfig } from "../../src/train/index.ts";

const folder = mkdtempSync(join(tmpdir(), "onefold-job-data-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, rows: readonly object[]): string => {
  writeFileSync(join(folder, name), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  return name;
};
const ask = (i: number) => ({ role: "user", content: `${i} and ${i}?` });
const answer = (i: number) => ({ role: "assistant", content: `the sum is ${2 * i}` });
const sums = write(
  "sums.jsonl",
  Array.from({ length: 30 }, (_, i) => ({
    messages: [ask(i), answer(i), ask(i + 1), answer(i + 1)],
  })),
);
const pairs = write("pairs.jsonl", [
  { prompt: "1 and 1 is", completion: " 2", weight: 2 },
  { prompt: "2 and 2 is", completion: " 4" },
]);
const texts = write("texts.jsonl", [{ text: "a sum is a number\nand a number is a sum\n" }]);

const marks = [
  "<|endoftext|>",
  "<|im_start|>",
  "<|im_end|>",
  "<|fim_prefix|>",
  "<|fim_middle|>",
  "<|fim_suffix|>",
];
const base = {
  model: { hidden_size: 16, num_hidden_layers: 1, num_attention_heads: 2, initializer_range: 0.1 },
  tokenizer: { size: 300, special_tokens: marks },
  data: { files: [sums, texts], max_length: 64 },
  train: { steps: 12, lr: 0.01, batch_tokens: 256, threads: 1, save_every: 100 },
};
type Config = Omit<typeof base, "data" | "model" | "tokenizer"> &
  Record<"data" | "model" | "tokenizer", unknown>;

async function train(name: string, config: Partial<Config>) {
  const file = join(folder, `${name}.json`);
  writeFileSync(file, JSON.stringify({ ...base, ...config, output: name }));
  const plans: JobPlan[] = [];
  const losses: number[] = [];
  const { model } = await trainFromConfig(file, {
    onPlan: (plan) => plans.push(plan),
    onStep: ({ loss }) => losses.push(loss),
  });
  return { model: model!, plan: plans[0], losses };
}

let first: Awaited<ReturnType<typeof train>>;
beforeAll(async () => {
  first = await train("first", { data: { ...base.data, packing: "best-fit" } });
}, 120_000);

it("packs samples in memory, and leaves the template's hash with the model", async () => {
  expect(first.losses.length).toBe(12);
  expect(first.losses[11]).toBeLessThan(first.losses[0] - 0.5);
  expect(first.plan.supervised).toBeGreaterThan(0);
  const training = JSON.parse(readFileSync(join(first.model, "training.json"), "utf8"));
  const template = await loadChatTemplate(first.model);
  const sha = createHash("sha256").update(template.sources.get("default")!).digest("hex");
  expect(training).toEqual({ chat_template_sha256: { default: sha }, loss_on: "assistant" });
  expect(await templateMismatch(first.model, template)).toBeUndefined();
});

it("streams a mix of data sets, with weights of rows and fill-in-the-middle", async () => {
  const next = { model: "first/final", tokenizer: "first/final" };
  const mix = [{ files: sums, weight: 3 }, { files: pairs }, { files: [texts], name: "plain" }];
  const data = { mix, max_length: 64, shuffle_buffer: 8, fim_rate: 1, packing: "wrapped" };
  const { losses, plan } = await train("mix", { ...next, data });
  expect(losses.length).toBe(12);
  expect(plan.samples).toBe(33);
  const { cursor } = JSON.parse(
    readFileSync(join(folder, "mix/step-00000012/trainer.json"), "utf8"),
  );
  expect(cursor.stream.rows.length).toBe(3);
  // Twice through the rows, then the data ends, and the run with it.
  const finite = { files: [sums], streaming: true, epochs: 2, max_length: 64 };
  const short = await train("finite", {
    ...next,
    data: finite,
    train: { ...base.train, steps: 99 },
  });
  expect(short.losses.length).toBeGreaterThan(3);
  expect(short.losses.length).toBeLessThan(99);
  expect(existsSync(join(short.model, "config.json"))).toBe(true);
}, 120_000);

it("learns what the config names", async () => {
  const share = async (loss_on: string) => {
    const steps = { ...base.train, steps: 1 };
    const { plan } = await train(loss_on, { data: { ...base.data, loss_on }, train: steps });
    return plan.supervised;
  };
  const [last, all] = [await share("last"), await share("all")];
  expect(Number(last)).toBeLessThan(Number(first.plan.supervised));
  expect(Number(all)).toBeGreaterThan(Number(first.plan.supervised));
}, 120_000);

it("refuses before the first step, with nothing written", async () => {
  const bad = write("bad.jsonl", [
    { messages: [ask(1), answer(1)] },
    { messages: [ask(1), { ...answer(1), content: "" }] },
  ]);
  const streamed = { model: "first/final", tokenizer: "first/final" };
  for (const [name, config, message] of [
    ["memory", { data: { files: bad } }, /bad\.jsonl:2: messages\[1\]\.content is blank/],
    [
      "stream",
      { ...streamed, data: { files: bad, streaming: true } },
      /bad\.jsonl:2: messages\[1\]\.content is blank/,
    ],
    [
      "neither",
      { data: {} },
      /neither\.json: give the data in one of "data\.files" and "data\.mix"/,
    ],
    ["both", { data: { files: sums, mix: [{ files: sums }] } }, /give the data in one of/],
    [
      "learned",
      { data: { files: sums, streaming: true } },
      /a tokenizer cannot be learned from data that is streamed/,
    ],
    [
      "room",
      { data: { files: sums, packing: "best-fit", max_length: 300 } },
      /"train\.batch_tokens" is 256, but the longest sample needs 304/,
    ],
    [
      "marks",
      { tokenizer: { size: 300 }, data: { files: texts, fim_rate: 0.01 } },
      /marks\.json: "data\.fim_rate" is set, but the tokenizer has no <\|fim_prefix\|>; name .* in tokenizer\.special_tokens/,
    ],
    [
      "weight",
      { ...streamed, data: { mix: [{ files: sums, weight: 0 }] } },
      /"data\.mix\.0\.weight" must be a number above 0, found 0/,
    ],
  ] as const) {
    await expect(train(name, config as Partial<Config>), name).rejects.toThrow(message);
    expect(existsSync(join(folder, name)), name).toBe(false);
  }
}, 120_000);
