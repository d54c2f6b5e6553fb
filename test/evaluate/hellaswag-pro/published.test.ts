import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { variants } from "../../../src/evaluate/hellaswag-pro/forms.ts";
import {
  createHellaswagPro,
  type EvalModel,
  evaluate,
  type ProDoc,
  readHellaswagPro,
} from "../../../src/evaluate/index.ts";

/** A folder in the published layout. All rows are invented in the published form. */
async function copyOf(files: Record<string, readonly (object | string)[]>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "onefold-pro-"));
  for (const [name, rows] of Object.entries(files)) {
    const path = join(folder, "lm_eval/datasets", name);
    await mkdir(dirname(path), { recursive: true });
    const lines = rows.map((row) => (typeof row === "string" ? row : JSON.stringify(row)));
    await writeFile(path, `${lines.join("\n")}\n`);
  }
  return folder;
}

const ORIGINAL_EN = "exper_original_en/exper_original_en_test.jsonl";
const ORIGINAL_ZH = "exper_original_cn/exper_original_cn_test.jsonl";
const variantFile = (language: string, name: string) =>
  `exper_robust_${language}/data/${name}.jsonl`;

const original = (id: number) => ({
  id,
  context: `A lamp ${id} falls.`,
  choices: ["It breaks.", "It sings.", "It grows.", "It swims."],
  label: 0,
});
const variant = (id: number, more: object = {}) => {
  const { context, choices, label } = original(id);
  return {
    id,
    original_context: context,
    original_choices: choices,
    original_label: label,
    perturbation_type: "negative_testing",
    context: `${context} It will not`,
    choices: ["sing.", "break.", "make a noise.", "lie there."],
    label: 0,
    ...more,
  };
};

/** Takes the choice that the test names, and never tells letters apart. */
function playerOf(likes: (continuation: string) => number): EvalModel {
  return {
    name: "player",
    identity: "player",
    concurrency: 2,
    logLikelihoods: async (requests) =>
      requests.map(({ continuation }) => ({
        logLikelihood: likes(continuation),
        isGreedy: false,
        tokens: 1,
      })),
    generate: async () => [],
    usage: () => ({ requests: 0, promptTokens: 0, completionTokens: 0, retries: 0 }),
    [Symbol.dispose]() {},
  };
}

test("a question's forms come together, in both languages", async () => {
  const folder = await copyOf({
    [ORIGINAL_EN]: [original(1), original(2)],
    [variantFile("en", "negative_testing")]: [variant(1), variant(2)],
    [ORIGINAL_ZH]: [{ id: 1, context: "灯掉了。", choices: ["碎了。", "唱歌。"], label: "1" }],
    "cn_hellaswag/data/home_short.jsonl": [
      { context: "灯掉了。", choices: [], label: 0, broad_type: "家庭生活", detailed_type: "家务" },
    ],
  });
  const { items } = await readHellaswagPro(folder, "en");
  expect(items.map(({ id }) => id)).toEqual([
    "en/1/original",
    "en/1/negation",
    "en/2/original",
    "en/2/negation",
  ]);
  expect(items[1]!.doc).toEqual({
    form: "negation",
    language: "en",
    context: "A lamp 1 falls. It will not",
    choices: ["sing.", "break.", "make a noise.", "lie there."],
    label: 0,
  });
  const chinese = await readHellaswagPro(folder, "zh");
  expect(chinese.items).toHaveLength(1);
  expect(chinese.items[0]).toMatchObject({
    doc: { label: 1 },
    tags: { category: "家庭生活", topic: "家务", length: "short", question: "zh/1" },
  });
});

test("originals that are missing are taken from the variants' own columns", async () => {
  const folder = await copyOf({ [variantFile("en", "negative_testing")]: [variant(7)] });
  const { items } = await readHellaswagPro(folder, "en");
  expect(items.map(({ id }) => id)).toEqual(["en/7/original", "en/7/negation"]);
  expect(items[0]!.doc).toMatchObject({ context: "A lamp 7 falls.", label: 0 });
});

test("bad rows are counted as wrong, each with its reason, and never end a run", async () => {
  const { context: _, ...noContext } = variant(3);
  const { id: __, ...noId } = variant(4);
  const folder = await copyOf({
    [ORIGINAL_EN]: [1, 2, 3, 4, 5, 6, 7, 8].map(original),
    [variantFile("en", "negative_testing")]: [
      variant(1),
      variant(2, { label: 4 }),
      noContext,
      noId,
      variant(5, { choices: "sing" }),
      '{"id": 6, "context"',
      variant(7, { choices: ["a", " ", "c", "d"] }),
      variant(1),
      variant(8, { label: null }),
    ],
  });
  const [task] = await createHellaswagPro({ data: folder, settings: { language: "en" } });
  const out = await mkdtemp(join(tmpdir(), "onefold-pro-run-"));
  const right = playerOf((text) =>
    text.includes("sing.") ? 0 : text.includes("breaks") ? -1 : -9,
  );
  const { results, isComplete } = await evaluate({ model: right, tasks: [task!], out });
  const [result] = results;
  expect(isComplete).toBe(false);
  expect(result).toMatchObject({ requested: 17, scored: 9, failed: 8 });
  const reasons = Object.fromEntries(result!.failures.map(({ id, error }) => [id, error]));
  const errors = Object.values(reasons).join("\n");
  expect(errors).toContain('"label" is 4, outside the 4 choices');
  expect(errors).toContain('no value for "context"');
  expect(errors).toContain('no value for "id"');
  expect(errors).toContain('"choices" must be an array');
  expect(errors).toContain("negative_testing.jsonl:6");
  expect(errors).toContain('"choices"[1] is blank');
  expect(errors).toContain("its id en/1/negation is that of an earlier item");
  expect(errors).toContain('no value for "label"');
  const negation = result!.groups.find(({ value }) => value === "negation")!;
  expect(negation).toMatchObject({ scored: 1, failed: 8 });
  expect(negation.metrics[0]).toMatchObject({ name: "acc", scoredValue: 1 });
  expect(negation.metrics[0]!.value).toBeCloseTo(1 / 9, 12);
  // Eight questions have the variant (one twice); six of them can be told to have an original.
  expect(result!.summary.OA).toBe(1);
  expect(result!.summary.ARA).toBeCloseTo(1 / 8, 12);
  expect(result!.summary.CRA).toBeCloseTo(1 / 6, 12);
});

test("a player of places gains nothing from files that put the right choice first", async () => {
  const rows = Array.from({ length: 400 }, (_, i) => i + 1);
  const folder = await copyOf({
    [ORIGINAL_EN]: rows.map(original),
    [variantFile("en", "negative_testing")]: rows.map((id) => variant(id)),
  });
  const sayA = playerOf((text) => (text.trim() === "A" ? 0 : -1));
  const run = async (shuffle: string) => {
    const settings = { language: "en", mode: "letter", shuffle };
    const tasks = await createHellaswagPro({ data: folder, settings });
    const out = await mkdtemp(join(tmpdir(), "onefold-pro-run-"));
    const { results } = await evaluate({ model: sayA, tasks, out });
    const { metrics } = results[0]!.groups.find(({ value }) => value === "negation")!;
    return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
  };
  expect(await run("none")).toMatchObject({ acc: 1, first: 1, published_first: 1, chance: 0.25 });
  const shuffled = await run("3");
  expect(shuffled.published_first).toBe(1); // the file's fault stays visible
  expect(shuffled.acc).toBe(shuffled.first);
  expect(Math.abs(shuffled.acc! - 0.25)).toBeLessThan(0.09); // four standard deviations of 400
});

test("lengths give away what they give away, and none of the above stays last", async () => {
  const choices = ["long enough", "short", "tiny!", "small", "None of the above."];
  const folder = await copyOf({
    [variantFile("en", "critical_thinking")]: [
      variant(1, { choices, label: 4 }),
      variant(2, { choices, label: 1 }),
    ],
  });
  const [task] = await createHellaswagPro({
    data: folder,
    settings: { language: "en", variants: "critical", mode: "letter" },
  });
  const out = await mkdtemp(join(tmpdir(), "onefold-pro-run-"));
  const { results } = await evaluate({ model: playerOf(() => 0), tasks: [task!], out });
  const scores = Object.fromEntries(results[0]!.metrics.map(({ name, value }) => [name, value]));
  // Longest: the last choice, right once in two; shortest: three of equal length, one right once.
  expect(scores).toMatchObject({ chance: 0.2, last: 0.5, longest: 0.5 });
  expect(scores.shortest).toBeCloseTo(1 / 6, 12);
  for await (const item of task!.items()) {
    expect((item.doc as ProDoc).choices.at(-1)).toBe("None of the above.");
  }
});

test("a folder without the data set, and settings that are not known, are refused", async () => {
  const empty = await mkdtemp(join(tmpdir(), "onefold-pro-"));
  await expect(createHellaswagPro({ data: empty })).rejects.toThrow("no en file of HellaSwag-Pro");
  const refuse = (settings: Record<string, string>) =>
    expect(createHellaswagPro({ settings })).rejects;
  await refuse({ mode: "leter" }).toThrow('mode is "leter"; did you mean letter?');
  await refuse({ variants: "negation+nothing" }).toThrow('variants is "nothing"');
  await refuse({ shuffle: "-1" }).toThrow("expected a whole number");
  await refuse({ mode: "cot", score: "acc_norm" }).toThrow("needs mode likelihood");
});

describe("few-shot examples", () => {
  const english = "exper_cot/exper_en_cot_en_validation.jsonl";
  /** The 21 rows of a published file: three of each variant; letters and steps name places. */
  const examples = (language: "en" | "zh") =>
    published[language].flatMap((perturbation_type, form) =>
      [0, 1, 2].map((i) => {
        const { context, choices } = wordings[language](form, i);
        const answer = "ABCDE"[i]!;
        return {
          ...{ id: form * 3 + i + 1, perturbation_type, context, choices, label: i },
          original_context: `${context} (original)`,
          ...{ original_choices: choices, original_label: 2 - i, answer },
          cot_content: steps[language](form, i, answer),
        };
      }),
    );
  const published = {
    en: Object.values(variants),
    zh: ["问题重述", "逆序转换", "溯因推理", "句子排序", "场景细化", "否定测试", "批判性思维"],
  };
  const wordings = {
    en: (form: number, i: number) => ({
      context: `Example ${form}.${i} begins.`,
      choices: ["It ends.", "It sings.", "It swims.", "It flies."],
    }),
    zh: (form: number, i: number) => ({
      context: `例子${form}.${i}开始。`,
      choices: ["结束了。", "唱歌。", "游泳。", "飞走。"],
    }),
  };
  const steps = {
    en: (form: number, i: number, answer: string) =>
      `Step one of ${form}.${i}.\nThe answer is ${answer}.`,
    zh: (form: number, i: number, answer: string) => `第一步${form}.${i}。\n答案是${answer}。`,
  };
  const files = {
    [ORIGINAL_EN]: [original(1)],
    [variantFile("en", "negative_testing")]: [variant(1)],
  };
  /** The prompt of each form's question. */
  async function promptsOf(folder: string, settings: Record<string, string>, fewshot?: number) {
    const prompts = new Map<string, string>();
    const base = playerOf(() => 0);
    const model: EvalModel = {
      ...base,
      generate: async (requests) =>
        requests.map(({ prompt }) => {
          const asked = String(prompt);
          prompts.set(asked.includes("will not") ? "negation" : "original", asked);
          return {
            text: "The answer is A.",
            finishReason: "stop",
            promptTokens: 1,
            completionTokens: 1,
          };
        }),
    };
    const tasks = await createHellaswagPro({ data: folder, settings, fewshot });
    const out = await mkdtemp(join(tmpdir(), "onefold-pro-run-"));
    const { isComplete, results } = await evaluate({ model, tasks, out });
    return { prompts, isComplete, failures: results[0]!.failures };
  }

  test("21 published rows: each variant gets its own three, in the file's order, with its steps", async () => {
    const folder = await copyOf({ ...files, [english]: examples("en") });
    const { examples: found } = await readHellaswagPro(folder, "en");
    expect(found).toHaveLength(3 + 21); // three originals, from the rows' own columns
    const { prompts, isComplete } = await promptsOf(folder, {
      language: "en",
      mode: "cot",
      shuffle: "none",
    });
    expect(isComplete).toBe(true);
    const form = published.en.indexOf("negative_testing");
    const shown = (i: number) =>
      [
        `Question: Example ${form}.${i} begins.`,
        "A. It ends.\nB. It sings.\nC. It swims.\nD. It flies.",
        "Choose the option that common sense says is right. Let's think step by step, and end with: The answer is X.",
        // The steps end with the answer: it is not written twice.
        `Answer: Step one of ${form}.${i}.\nThe answer is ${"ABC"[i]}.\n\n`,
      ].join("\n");
    const prompt = prompts.get("negation")!;
    expect(prompt.startsWith([0, 1, 2].map(shown).join(""))).toBe(true);
    expect(prompt.split("Question: ")).toHaveLength(1 + 3 + 1);
    // Originals have no rows of their own; theirs are the first rows' original columns.
    const plain = prompts.get("original")!;
    expect(plain).toContain("Question: Example 0.0 begins. (original)");
    expect(plain).toContain("Answer: The answer is C.\n\n"); // original_label 2, and no steps
  });

  test("the file is chosen by the prompt's language and mode; Chinese rows are told by their letters", async () => {
    const folder = await copyOf({
      ...files,
      "exper_cot/exper_zh_cot_validation.jsonl": examples("zh"),
      [english]: examples("en"),
      "exper_xlt/exper_en_xlt_validation.jsonl": examples("en").map((row) => ({
        ...row,
        cot_content: `XLT ${row.cot_content}`,
      })),
      [ORIGINAL_ZH]: [{ id: 1, context: "灯掉了。", choices: ["碎了。", "唱歌。"], label: 0 }],
    });
    const chinese = await readHellaswagPro(folder, "zh");
    expect(chinese.examples).toHaveLength(24);
    expect(new Set(chinese.examples.map(({ form }) => form)).size).toBe(8); // Chinese names are read
    const { prompts } = await promptsOf(folder, { language: "zh", mode: "cot", shuffle: "none" });
    expect(prompts.get("original")).toContain("问题：例子0.0开始。 (original)\nA. 结束了。");
    const xlt = await promptsOf(folder, { language: "en", mode: "xlt", shuffle: "none" });
    expect(xlt.prompts.get("negation")).toContain("Answer: XLT Step one");
    const none = await promptsOf(folder, { language: "en", mode: "cot" }, 0);
    expect(none.prompts.get("negation")).not.toContain("Example");
  });

  test("an example that cannot be used ends the reading: no prompt would be the published one", async () => {
    const [first, ...rest] = examples("en");
    const refuse = async (row: object | string, problem: string) => {
      const folder = await copyOf({ ...files, [english]: [row, ...rest] });
      await expect(readHellaswagPro(folder, "en")).rejects.toThrow(problem);
    };
    await refuse({ ...first, label: 9 }, '"label" is 9, outside the 4 choices');
    await refuse({ ...first, perturbation_type: "telling" }, '"perturbation_type" is "telling"');
    await refuse('{"id": 1', "en_validation.jsonl:1");
    // Fewer rows than are asked for: the questions of that variant fail, and say so.
    const few = examples("en").filter(
      ({ perturbation_type: name }, i) => name !== "negative_testing" || i % 3 > 0,
    );
    const folder = await copyOf({ ...files, [english]: few });
    const { isComplete, failures } = await promptsOf(folder, { language: "en", mode: "cot" });
    expect(isComplete).toBe(false);
    expect(failures).toEqual([
      { id: "en/1/negation", error: "3 examples are asked for, but there are 2" },
    ]);
  });
});
