/** `onefold train` as a user runs it: fresh model, resume, going on from a folder, refusals. */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { fromValues } from "../../src/graph/ndarray.ts";
import { loadChatTemplate, loadTokenizer } from "../../src/media/text/index.ts";
import { forwardProgram, loadModel } from "../../src/models/index.ts";
import { createSession } from "../../src/runtime/index.ts";
import { root, runOnefold } from "./run-onefold.ts";

const folder = mkdtempSync(join(tmpdir(), "onefold-train-cli-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const sums = Array.from({ length: 40 }, (_, i) => {
  const [a, b] = [i % 7, (i * 3) % 5];
  const question = { role: "user", content: `${a} and ${b}?` };
  return { messages: [question, { role: "assistant", content: `the sum is ${a + b}` }] };
});
writeFileSync(join(folder, "sums.jsonl"), sums.map((row) => JSON.stringify(row)).join("\n"));
writeFileSync(
  join(folder, "text.jsonl"),
  '{"text": "the sum is a number, and a number is a sum"}\n',
);

const config = (name: string, lines: string[]): string => {
  const file = join(folder, `${name}.yaml`);
  writeFileSync(file, `${lines.join("\n")}\noutput: ${name}\n`);
  return file;
};
const fresh = (name: string): string =>
  config(name, [
    "model: {hidden_size: 16, num_hidden_layers: 2, num_attention_heads: 2, initializer_range: 0.1}",
    "tokenizer: {size: 290}",
    "data: {files: [sums.jsonl, text.jsonl], max_length: 64}",
    "train: {steps: 30, lr: 0.01, warmup: 3, batch_tokens: 256, threads: 1, save_every: 8}",
  ]);

it("trains a fresh model from text to a folder that loads, and goes on from that folder", async () => {
  const file = fresh("first");
  const { code, stdout, stderr } = await runOnefold(["train", file]);
  expect(stderr).toMatch(/^fresh qwen3: [\d.]+ K parameters\n41 samples, .* % of them learned\n/);
  expect(code).toBe(0);
  const final = join(folder, "first", "final");
  expect(stdout).toBe(`${final}\n`);
  const metrics = readFileSync(join(folder, "first", "metrics.jsonl"), "utf8")
    .trim()
    .split("\n");
  const losses = metrics.map((line) => JSON.parse(line).loss as number);
  expect(losses.length).toBe(30);
  expect(losses[29]).toBeLessThan(losses[0] - 1);
  expect(stderr).toMatch(
    /\nmemory: about [\d.]+ MB of [\d.]+ GB \(weights [^\n]*, data \d+ kB\)\n/,
  );
  expect(readdirSync(join(folder, "first")).sort()).toEqual([
    "curves",
    expect.stringMatching(/^events\.out\.tfevents\./),
    "final",
    "metrics.jsonl",
    "step-00000024",
    "step-00000030",
  ]);

  using model = await loadModel(final);
  expect(model.checkpoint.info("model.norm.weight").dtype).toBe("bf16");
  const tokenizer = await loadTokenizer(final);
  expect(model.config.vocabSize).toBe(tokenizer.vocabSize);
  const template = await loadChatTemplate(final);
  const ids = tokenizer.encode(
    template.render({ messages: [{ role: "user", content: "2 and 3?" }] }),
  );
  using session = await createSession(forwardProgram(model.config), { weights: model.weights });
  const tokens = fromValues("i64", [1, ids.length], ids);
  const { logits } = await session.run({ tokens });
  expect(logits.shape).toEqual([1, ids.length, model.config.vocabSize]);
  expect((logits.data as Float32Array).every(Number.isFinite)).toBe(true);
  const generation = JSON.parse(readFileSync(join(final, "generation_config.json"), "utf8"));
  expect(generation.eos_token_id).toContain(tokenizer.eosId);

  const next = config("second", [
    "model: first/final",
    "data: {files: sums.jsonl}",
    "train: {steps: 2, lr: 0.001, batch_tokens: 256, threads: 1}",
    "dtype: f32",
  ]);
  const more = await runOnefold(["train", next, "--json"]);
  expect(more.code).toBe(0);
  const events = more.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(events.map(({ event }) => event)).toEqual(["plan", "start", "step", "step", "done"]);
  expect(events[0]).toMatchObject({ isFresh: false, samples: 40, memory: { fixes: [] } });
  // It goes on from what was learned, not from fresh weights.
  expect(events[2].loss).toBeLessThan(losses[0] - 1);
  const second = join(folder, "second", "final");
  for (const name of ["tokenizer.json", "tokenizer_config.json", "generation_config.json"]) {
    expect(readFileSync(join(second, name))).toEqual(readFileSync(join(final, name)));
  }
  const [before, after] = [final, second].map((dir) =>
    JSON.parse(readFileSync(join(dir, "config.json"), "utf8")),
  );
  expect(after).toEqual({ ...before, torch_dtype: "float32" });
  using last = await loadModel(second);
  expect(last.checkpoint.info("model.norm.weight").dtype).toBe("f32");
}, 120_000);

/** Resolves when the run has printed `text`. */
const printed = (child: ChildProcess, text: string): Promise<void> =>
  new Promise((resolve) => {
    let all = "";
    child.stdout?.on("data", (chunk) => {
      all += chunk;
      if (all.includes(text)) resolve();
    });
  });

it("saves on Ctrl-C, exits with 130, and goes on where it stopped", async () => {
  const file = fresh("stopped");
  const set = ["--set", "train.steps=100000", "--set", "train.save_every=100000"];
  const args = [join(root, "bin/onefold.js"), "train", file, "--json", ...set];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let lines = "";
  child.stdout.on("data", (chunk) => {
    lines += chunk;
  });
  const ended = new Promise((resolve) => child.once("close", resolve));
  await printed(child, '"step":3,');
  child.kill("SIGINT");
  expect(await ended).toBe(130);
  const last = JSON.parse(lines.trim().split("\n").at(-1)!);
  expect(last.event).toBe("stopped");
  const name = `step-${String(last.step).padStart(8, "0")}`;
  expect(readdirSync(join(folder, "stopped"))).toEqual(
    expect.arrayContaining(["metrics.jsonl", name]),
  );
  const steps = `train.steps=${last.step + 2}`;
  const again = await runOnefold(["train", file, "--set", steps]);
  expect(again.stderr).toContain(`going on from step ${last.step}\n`);
  expect(again.code).toBe(0);
  const metrics = readFileSync(join(folder, "stopped", "metrics.jsonl"), "utf8");
  expect(metrics.trim().split("\n").length).toBe(last.step + 2);
}, 120_000);

it("stops with a sentence where the loss is not finite", async () => {
  const args = ["train", fresh("nan"), "--set", "train.lr=1e38", "--set", "train.warmup=0"];
  const { code, stdout, stderr } = await runOnefold(args);
  expect(stderr).toMatch(
    /\nonefold: train: [^\n]* at step \d+ \(batch: [^\n]*jsonl:\d+[^\n]*is not finite; lower the learning rate \(train\.lr\) or check the data\n$/,
  );
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
}, 60_000);

it.each([
  [["--set", "train.lrr=1"], '--set: unknown key "train.lrr"; did you mean "train.lr"?'],
  [
    ["--set", "model={hidden_size: 15, num_hidden_layers: 1, num_attention_heads: 2}"],
    "not an even",
  ],
  [["--set", "data.files=none.jsonl"], `${folder}/none.jsonl: no such file or folder (ENOENT)`],
  [["--set", "train.batch_tokens=8"], '"train.batch_tokens" is 8, but the longest sample needs'],
  [["--set", "tokenizer=null"], '"tokenizer" must be text, or a group of keys, found null'],
  [["--set", "model.vocab_size=9"], " tokens, the model room for 9; raise model.vocab_size"],
])(
  "refuses %j",
  async (args, message) => {
    const { code, stdout, stderr } = await runOnefold(["train", fresh("refused"), ...args]);
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/^onefold: [^\n]+\n$/);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  },
  60_000,
);
