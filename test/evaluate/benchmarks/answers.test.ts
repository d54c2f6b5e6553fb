/** Rows are invented, in the published formats. */

import { expect, test } from "vitest";
import { askMini, askWith, folderOf, jsonl, scoreOf } from "./ask.ts";

test("GSM8K: both filters, by hand", async () => {
  const question = (n: number) => ({ question: `What is ${n}?`, answer: `It is ${n}.\n#### ${n}` });
  const data = await folderOf({
    "gsm8k/train.jsonl": jsonl({ question: "Two and two?", answer: "4\n#### 4" }),
    "gsm8k/test.jsonl": [...jsonl(question(1000), question(7), question(8)), "{broken"],
  });
  const answers = ["So #### 1,000", "I say 7 or 9", "It is 7, no: 8."];
  const { prompts, result } = await askWith(answers, "gsm8k", data, 1);
  expect(prompts[0]).toBe(
    "Question: Two and two?\nAnswer: 4\n#### 4\n\nQuestion: What is 1000?\nAnswer:",
  );
  // The line that is no JSON counts as wrong.
  expect(scoreOf(result, "exact_match", "strict-match")).toBe(1 / 4);
  expect(scoreOf(result, "exact_match", "flexible-extract")).toBe(2 / 4);
  expect(result).toMatchObject({ scored: 3, failed: 1, requested: 4 });
  expect(result.failures[0]!.error).toContain("test.jsonl:4");
  const five = { "gsm8k/test.jsonl": jsonl(question(1), question(2)) };
  const train = jsonl(...[3, 4, 5, 6, 7].map(question));
  const mini = await askMini("gsm8k", await folderOf({ ...five, "gsm8k/train.jsonl": train }));
  expect(mini).toMatchObject({ scored: 2, failed: 0 });
});

test("BBH: prompts of the published files, thinking aloud and at once", async () => {
  const data = await folderOf({
    "bbh/bbh/colour_words.json": [
      JSON.stringify({
        canary: "none",
        examples: [
          { input: "Grass?\nOptions:\n(A) red\n(B) green", target: "(B)" },
          { input: "Sky?", target: "blue" },
        ],
      }),
    ],
    "bbh/cot-prompts/colour_words.txt": [
      "A canary stands here.",
      "-----",
      "Name the colour.",
      "",
      "Q: Coal?",
      "A: Let's think step by step.",
      "Coal is burnt wood.",
      "So the answer is black.",
      "",
      "Q: Snow?",
      "A: Let's think step by step.",
      "So the answer is (W).",
    ],
  });
  const answers = ["Grass grows. So the answer is (B).", "It has one, the answer is grey."];
  const cot = await askWith(answers, "bbh_cot_fewshot", data, 1);
  expect(cot.prompts[1]).toBe(
    "Name the colour.\n\nQ: Coal?\nA: Let's think step by step.\nCoal is burnt wood.\n" +
      "So the answer is black.\n\nQ: Sky?\nA: Let's think step by step.\n",
  );
  expect(scoreOf(cot.result, "exact_match", "get-answer")).toBe(1 / 2);
  expect(cot.result.groups[0]).toMatchObject({ tag: "subtask", value: "colour_words", scored: 2 });
  const short = await askWith(["(B)", "blue"], "bbh_fewshot", data, 2);
  expect(short.prompts[1]).toBe(
    "Name the colour.\n\nQ: Coal?\nA: black\n\nQ: Snow?\nA: (W)\n\nQ: Sky?\nA:",
  );
  expect(scoreOf(short.result, "exact_match")).toBe(1);
  // Three examples are the default, and there are two.
  const mini = await askMini("bbh_fewshot", data);
  expect(mini.failures[0]!.error).toBe("3 examples are asked for, but there are 2");
});
