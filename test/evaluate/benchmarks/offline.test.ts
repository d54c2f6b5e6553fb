/**
 * Every built-in benchmark on the default model, from local copies alone. Rows are invented, in the
 * published formats of the hub (reference/benchmark_tables.py).
 */

import { cp, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import {
  benchmarks,
  createLocalModel,
  createTasks,
  type EvalModel,
  evaluate,
} from "../../../src/evaluate/index.ts";
import { askWith, runsPython, scoreOf } from "./ask.ts";

const data = await mkdtemp(join(tmpdir(), "onefold-offline-"));
await cp("test/fixtures/evaluate/hub", data, { recursive: true });

const isSkipped = (name: string): boolean => ["humaneval", "mbpp"].includes(name) && !runsPython;

const network = vi.spyOn(globalThis, "fetch").mockRejectedValue(new Error("denied"));
let mini: EvalModel;
let generalist: EvalModel;
beforeAll(async () => {
  mini = await createLocalModel("models/onefold-mini");
  generalist = await createLocalModel("models/onefold-generalist");
});
afterAll(() => {
  for (const model of [mini, generalist]) model[Symbol.dispose]();
  network.mockRestore();
});

for (const { name } of benchmarks) {
  test.skipIf(isSkipped(name))(`${name} runs on the default model`, async () => {
    const model = name === "mmmu" ? generalist : mini;
    const isPublished = name !== "hellaswag-pro"; // without a copy, it makes its questions
    const tasks = await createTasks(name, isPublished ? { data } : {});
    const out = join(data, "runs", name);
    const { results, isComplete } = await evaluate({ model, tasks, limit: 1, out });
    for (const { scored, failed, failures, metrics } of results) {
      expect({ scored, failed, failures }).toEqual({ scored: 1, failed: 0, failures: [] });
      expect(metrics.length).toBeGreaterThan(0);
    }
    expect(isComplete).toBe(true);
    expect(network).not.toHaveBeenCalled();
  });
}

test("examples stand before questions on the default model", async () => {
  for (const name of ["mmlu", "ceval-valid", "cmmlu"]) {
    const tasks = await createTasks(name, { data, fewshot: 2 });
    const out = join(data, "examples", name);
    const { results } = await evaluate({ model: mini, tasks, limit: 2, out });
    expect(results[0]).toMatchObject({ scored: 2, failed: 0 });
  }
});

const coal = "Coal?\nA: Let's think step by step.\nThink of coal. So the answer is black.";
const program = (task: number) =>
  "You are an expert Python programmer, and here is your task: Write a function " +
  `f${task}. Your code should pass these tests:\n\nassert f${task}(0) == 0\n` +
  `assert f${task}(1) == ${task}\nassert f${task}(2) == ${2 * task}\n[BEGIN]\n`;
const exam = (question: string) => `${question}\nA. 一\nB. 二\nC. 三\nD. 四\n答案：`;

/** First prompts from Parquet files, with one example where a benchmark has some. */
const prompts: Readonly<Record<string, readonly [fewshot: number | undefined, prompt: string]>> = {
  mmlu: [
    1,
    "The following are multiple choice questions (with answers) about sums.\n\n" +
      "1 + 1?\nA. 1\nB. 2\nC. 3\nD. 4\nAnswer: B\n\n2 + 1?\nA. 1\nB. 2\nC. 3\nD. 4\nAnswer:",
  ],
  hellaswag: [undefined, "Baking: Someone opens an oven. The cook"],
  arc_easy: [undefined, "Question: What melts?\nAnswer:"],
  arc_challenge: [undefined, "Question: What melts?\nAnswer:"],
  gsm8k: [0, "Question: What is 5 and 1?\nAnswer:"],
  bbh_cot_fewshot: [
    1,
    `Name the colour.\n\nQ: ${coal}\n\nQ: Grass?\nA: Let's think step by step.\n`,
  ],
  bbh_fewshot: [1, "Name the colour.\n\nQ: Coal?\nA: black\n\nQ: Grass?\nA:"],
  "ceval-valid": [
    1,
    "以下是中国关于法学的单项选择题，请选出其中的正确答案。\n\n" +
      `${exam("0加一？")} A\n\n${exam("0加一？")}`,
  ],
  cmmlu: [
    1,
    "以下是关于解剖学的单项选择题，请直接给出正确答案的选项。\n\n" +
      `${exam("几只手？")} B\n\n${exam("几只手？")}`,
  ],
  humaneval: [undefined, 'def double(x):\n    """Twice x."""\n'],
  mbpp: [1, `${program(2)}def f2(x):\r\n  return x * 2\n[DONE]\n\n${program(11)}`],
  ifeval: [undefined, "Say something short, without commas."],
};

for (const [name, [fewshot, prompt]] of Object.entries(prompts)) {
  test.skipIf(isSkipped(name))(`${name} from Parquet`, async () => {
    const { prompts, result } = await askWith(["right"], name, data, fewshot);
    expect(prompts[0]).toBe(prompt);
    expect(result.failures).toEqual([]);
  });
}

test("MMLU in one file of all subjects: each row names its own", async () => {
  const copy = await mkdtemp(join(tmpdir(), "onefold-all-"));
  for (const split of ["dev", "test"]) {
    const file = `${split}-00000-of-00001.parquet`;
    await cp(join(data, "mmlu/sums", file), join(copy, "mmlu/all", file));
  }
  const { prompts: asked } = await askWith([], "mmlu", copy, 1);
  expect(asked[0]).toBe(prompts.mmlu![1]);
});

test("answers of Parquet rows: the first option is right where the file says so", async () => {
  // The given model's likelihoods fall with the option.
  const scores: Readonly<Record<string, number>> = { hellaswag: 1, arc_easy: 1 / 2, mmlu: 0 };
  for (const [name, acc] of Object.entries(scores)) {
    const copy = await mkdtemp(join(tmpdir(), "onefold-parquet-"));
    await cp("test/fixtures/evaluate/hub", copy, { recursive: true });
    expect(scoreOf((await askWith([], name, copy)).result, "acc"), name).toBe(acc);
  }
});
