/**
 * GSM8K: Cobbe et al., "Training Verifiers to Solve Math Word Problems" (2021), with five examples
 * that show their work. Two filters score each answer: "strict-match" takes the number behind ####,
 * "flexible-extract" the last number.
 */

import { type Row, textOf } from "../../task/readers/row.ts";
import { exactMatchOf } from "../score/answers.ts";
import { defineTask } from "../task/define-task.ts";
import { regexFilter, takeFirst } from "../task/filters.ts";
import type { EvalTask } from "../types.ts";
import type { BenchmarkOptions } from "./benchmark.ts";
import { findFiles, ofSplit, type ReadRow, readDocs, readItems } from "./data-files.ts";

const patterns = [
  /(?:^|\/)(?<split>train|test)\.jsonl$/,
  /(?:^|\/)main\/(?<split>train|test)-[^/]*\.parquet$/,
];
const toItem = (row: Row): ReadRow => ({
  doc: { question: textOf(row, "question"), answer: textOf(row, "answer") },
});
const overlooked = {
  ignoreCase: true,
  ignore: [/,/, /\$/, /[\s\S]*#### /, /\.$/],
};

export async function createGsm8k({ data, fewshot = 5 }: BenchmarkOptions): Promise<EvalTask> {
  const files = await findFiles("gsm8k", data, ["gsm8k", "grade_school_math"], patterns);
  const tested = ofSplit("gsm8k", files, "test");
  const train = fewshot > 0 ? ofSplit("gsm8k", files, "train") : [];
  return defineTask({
    name: "gsm8k",
    version: "3.0",
    kind: "generate_until",
    items: () => readItems(tested, toItem),
    text: ({ question }) => `Question: ${question}\nAnswer:`,
    target: ({ answer }) => answer as string,
    fewshot: { count: fewshot, docs: () => readDocs(train, toItem) },
    until: ["Question:", "</s>", "<|im_end|>"],
    filters: [
      {
        name: "strict-match",
        steps: [regexFilter({ pattern: /#### (-?[0-9.,]+)/ }), takeFirst],
      },
      {
        name: "flexible-extract",
        steps: [regexFilter({ pattern: /(-?[$0-9.,]{2,})|(-?[0-9]+)/, select: -1 }), takeFirst],
      },
    ],
    score: (answer, doc) => ({
      exact_match: exactMatchOf(answer, [String(doc.answer)], overlooked),
    }),
    metrics: ["strict-match", "flexible-extract"].map((filter) => ({
      name: "exact_match",
      isHigherBetter: true,
      filter,
    })),
  });
}
