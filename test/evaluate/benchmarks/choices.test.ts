/** Rows are invented, in the published formats. */

import { expect, test } from "vitest";
import { askMini, askWith, folderOf, jsonl } from "./ask.ts";

test("HellaSwag: contexts and endings are cleaned, labels outside the endings fail", async () => {
  const row = (label: unknown) => ({
    ind: 1,
    activity_label: "Baking",
    ctx_a: "Someone [header] opens an oven.",
    ctx_b: "the Cook",
    endings: ["takes [step] the bread.", " bakes [title] it.", "runs.", "sits."],
    label,
  });
  const data = await folderOf({ "hellaswag/hellaswag_val.jsonl": jsonl(row(0), row("1"), row(7)) });
  const { prompts, continuations, result } = await askWith([], "hellaswag", data);
  expect(prompts[0]).toBe("Baking: Someone opens an oven. The cook");
  expect(continuations.slice(0, 4)).toEqual([
    " takes the bread.",
    " bakes. it.",
    " runs.",
    " sits.",
  ]);
  expect(result).toMatchObject({ scored: 2, failed: 1 });
  expect(result.failures[0]!.error).toMatch(/hellaswag_val.jsonl:3: "label" is 7/);
  expect(result.metrics.map(({ name }) => name)).toEqual(["acc", "acc_norm"]);
  expect(result.metrics[0]).toMatchObject({ value: 1 / 3, scoredValue: 1 / 2 });
  expect(await askMini("hellaswag", data)).toMatchObject({ scored: 2, failed: 0 });
});

test("ARC: options of the published lines, letters and figures as labels", async () => {
  const row = (labels: string, answerKey: string) => ({
    id: "x",
    question: {
      stem: "What melts?",
      choices: [...labels].map((label, i) => ({ text: `thing ${i}`, label })),
    },
    answerKey,
  });
  const data = await folderOf({
    "arc/ARC-Easy/ARC-Easy-Test.jsonl": jsonl(row("ABC", "A"), row("1234", "4"), row("AB", "C")),
  });
  const { prompts, continuations, result } = await askWith([], "arc_easy", data);
  expect(prompts[0]).toBe("Question: What melts?\nAnswer:");
  expect(continuations).toHaveLength(7);
  expect(continuations[0]).toBe(" thing 0");
  expect(result).toMatchObject({ scored: 2, failed: 1 });
  expect(result.failures[0]!.error).toContain('"answerKey" is "C", expected one of A, B');
  expect(result.metrics[0]!.scoredValue).toBe(1 / 2);
  expect(await askMini("arc_easy", data)).toMatchObject({ scored: 2 });
});

test("GPQA: options are shuffled the same way each time, and the right one is known", async () => {
  const header = "Question,Correct Answer,Incorrect Answer 1,Incorrect Answer 2,Incorrect Answer 3";
  const rows = Array.from({ length: 8 }, (_, i) => `"What, is ${i}?",right,wrong,bad,"off, quite"`);
  const data = await folderOf({
    "gpqa/gpqa_diamond.csv": [header, ...rows, "Why?,right,,bad,off"],
  });
  const name = "gpqa_diamond_zeroshot";
  const { prompts, continuations, result } = await askWith([], name, data);
  expect(prompts[0]).toMatch(
    /^What is the correct answer to this question:What, is 0\?\nChoices:\n\(A\) .*\n\(B\) .*\n\(C\) .*\n\(D\) .*\nAnswer:$/,
  );
  expect(continuations.slice(0, 4)).toEqual([" (A)", " (B)", " (C)", " (D)"]);
  const rightFirst = prompts.filter((prompt) => prompt.includes("(A) right")).length;
  expect(rightFirst).toBeLessThan(8);
  expect(result.metrics[0]!.scoredValue).toBe(rightFirst / 8); // the given model says (A)
  expect(result).toMatchObject({ scored: 8, failed: 1 });
  expect((await askWith([], name, data)).prompts).toEqual([]); // the journal has them
  const other = await askWith(
    [],
    `${name}:shuffle=1`,
    await folderOf({ "gpqa_diamond.csv": [header, ...rows] }),
  );
  expect(other.prompts).not.toEqual(prompts);
  expect(await askMini(name, data)).toMatchObject({ scored: 2 });
});

test("C-Eval and CMMLU: subjects in Chinese, examples of the subject", async () => {
  const data = await folderOf({
    "ceval/val/law_val.csv": ["id,question,A,B,C,D,answer", "0,一加一？,一,二,三,四,B"],
    "ceval/dev/law_dev.csv": [
      "id,question,A,B,C,D,answer,explanation",
      "0,二加一？,一,二,三,四,C,无",
    ],
    "cmmlu/test/anatomy.csv": [
      ",Question,A,B,C,D,Answer",
      "0,几只手？,一,二,三,四,B",
      "1,几？,一,二,三,四,X",
    ],
  });
  const ceval = await askWith([], "ceval-valid", data, 1);
  expect(ceval.prompts).toEqual([
    "以下是中国关于法学的单项选择题，请选出其中的正确答案。\n\n" +
      "二加一？\nA. 一\nB. 二\nC. 三\nD. 四\n答案： C\n\n一加一？\nA. 一\nB. 二\nC. 三\nD. 四\n答案：",
  ]);
  const cmmlu = await askWith([], "cmmlu", data);
  expect(cmmlu.prompts).toEqual([
    "以下是关于解剖学的单项选择题，请直接给出正确答案的选项。\n\n几只手？\nA. 一\nB. 二\nC. 三\nD. 四\n答案：",
  ]);
  expect(cmmlu.result).toMatchObject({ scored: 1, failed: 1 });
  expect(await askMini("cmmlu", data)).toMatchObject({ scored: 1, failed: 1 });
});
