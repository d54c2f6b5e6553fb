import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  createHellaswagPro,
  createLocalModel,
  type EvalModel,
  evaluate,
  generateHellaswagPro,
  hellaswagProTask,
  type ProDoc,
} from "../../../src/evaluate/index.ts";

const folder = () => mkdtemp(join(tmpdir(), "onefold-pro-run-"));

/** Writes what the test says to any prompt, and keeps the prompts. */
function writer(answer: (prompt: string) => string): EvalModel & { prompts: string[] } {
  const prompts: string[] = [];
  return {
    name: "writer",
    identity: "writer",
    concurrency: 1,
    prompts,
    generate: async (requests) =>
      requests.map(({ prompt }) => {
        prompts.push(String(prompt));
        const text = answer(String(prompt));
        return { text, finishReason: "stop", promptTokens: 1, completionTokens: 1 };
      }),
    usage: () => ({ requests: 0, promptTokens: 0, completionTokens: 0, retries: 0 }),
    [Symbol.dispose]() {},
  };
}

const { items, examples } = generateHellaswagPro("en", { questions: 2, seed: 1 });

test("an oracle that reads the key scores 1 in every form, whatever way it writes its letter", async () => {
  const ways = [
    (letter: string) => `I think A, no. The answer is ${letter}.`,
    (letter: string) => `<think>The answer is H.</think>The answer is (${letter})`,
    (letter: string) => `The answer is **${letter}**`,
    (letter: string) => `\\boxed{${letter}}`,
    (letter: string) => `So:\n${letter}.\n`,
    (letter: string) => `答案是${letter}。`,
    (letter: string) => `应该选择“${letter}”`,
  ];
  const task = hellaswagProTask({ language: "en", items, examples, mode: "cot", fewshot: 0 });
  const keys = new Map<string, string>();
  for await (const item of task.items()) {
    const { context, choices, label } = item.doc as ProDoc;
    keys.set(`${context}\nA. ${choices[0]}`, "ABCDE"[label]!);
  }
  for (const way of ways) {
    const model = writer((prompt) => way(keys.get(/^Question: (.*\nA\. .*)$/m.exec(prompt)![1]!)!));
    const { results } = await evaluate({ model, tasks: [task], out: await folder() });
    expect(results[0]!.summary).toMatchObject({ OA: 1, ARA: 1, RLA: 0, CRA: 1, SRA: 1 });
    expect(results[0]!.metrics[0]).toMatchObject({ name: "acc", value: 1 });
  }
});

test("answers without a letter and letters outside the choices are counted apart", async () => {
  const task = hellaswagProTask({ language: "en", items, examples, mode: "cot", fewshot: 0 });
  const score = async (text: string) => {
    const out = await folder();
    const { results } = await evaluate({ model: writer(() => text), tasks: [task], out });
    return Object.fromEntries(results[0]!.metrics.map(({ name, value }) => [name, value]));
  };
  expect(await score("I cannot tell.")).toMatchObject({ acc: 0, unparsed: 1, outside: 0 });
  expect(await score("The answer is a mystery.")).toMatchObject({ acc: 0, unparsed: 1 });
  expect(await score("The answer is G.")).toMatchObject({ acc: 0, unparsed: 0, outside: 1 });
  // E is a choice of the critical form alone, one in eight items.
  expect(await score("The answer is E.")).toMatchObject({ unparsed: 0, outside: 7 / 8 });
});

test("prompts: three examples of the same form, and the language that is asked for", async () => {
  const model = writer(() => "The answer is A.");
  const common = { language: "en", items: items.slice(6, 7), examples } as const;
  await evaluate({
    model,
    tasks: [hellaswagProTask({ ...common, mode: "cot" })],
    out: await folder(),
  });
  await evaluate({
    model,
    tasks: [hellaswagProTask({ ...common, mode: "xlt", prompt: "zh", fewshot: 0 })],
    out: await folder(),
  });
  const [steps, crossed] = model.prompts as [string, string];
  expect(steps.match(/What will not happen\?/g)).toHaveLength(4);
  expect(steps.match(/The answer is [A-D]\.\n\n/g)).toHaveLength(3);
  expect(steps.endsWith("The answer is X.\nAnswer:")).toBe(true);
  expect(crossed).toMatch(/^问题：.*\nA\. .*\nB\. .*\nC\. .*\nD\. .*\n你是熟悉英文.*用中文重述/);
});

test("Chinese choices follow without a space, as published with one", async () => {
  const continuations = async (profile: string) => {
    const settings = { language: "zh", variants: "original", questions: "1", profile };
    const [task] = await createHellaswagPro({ settings });
    const seen: string[] = [];
    const model: EvalModel = {
      ...writer(() => ""),
      logLikelihoods: async (requests) => {
        seen.push(...requests.map(({ continuation }) => continuation));
        return requests.map(() => ({ logLikelihood: -1, isGreedy: false, tokens: 1 }));
      },
    };
    await evaluate({ model, tasks: [task!], out: await folder() });
    return seen;
  };
  expect((await continuations("fixed")).every((text) => /^\p{Script=Han}/u.test(text))).toBe(true);
  expect((await continuations("paper")).every((text) => text.startsWith(" "))).toBe(true);
});

test("the default model takes all forms in both languages, and answers in steps", async () => {
  using model = await createLocalModel("models/onefold-mini");
  const tasks = await createHellaswagPro({ settings: { questions: "2" } });
  const { results, isComplete } = await evaluate({ model, tasks, out: await folder() });
  expect(isComplete).toBe(true);
  for (const { scored, metrics, groups, summary } of results) {
    expect(scored).toBe(16);
    expect(metrics.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["acc", "acc_norm", "acc_bytes", "acc_mutual_info", "longest"]),
    );
    expect(groups.filter(({ tag }) => tag === "variant")).toHaveLength(8);
    expect(summary.RLA).toBeCloseTo(summary.OA! - summary.ARA!, 12);
    expect(summary).toHaveProperty("CRA_ci95_low");
  }
  const settings = { language: "en", questions: "1", mode: "cot", "max-tokens": "8" };
  const written = await createHellaswagPro({ fewshot: 0, settings });
  const answered = await evaluate({ model, tasks: written, out: await folder() });
  expect(answered.results[0]).toMatchObject({ scored: 8, failed: 0 });
});
