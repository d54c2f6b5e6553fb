/**
 * MMLU: Hendrycks et al., "Measuring Massive Multitask Language Understanding" (2021). The prompt of
 * the paper, as lm-evaluation-harness has it; acc over all questions, and by subject.
 */

import { type Row, RowError, textsOf, valueAt } from "../../task/readers/row.ts";
import { defineTask } from "../task/define-task.ts";
import type { EvalTask, JsonObject } from "../types.ts";
import type { BenchmarkOptions } from "./benchmark.ts";
import {
  type DataFile,
  findFiles,
  ofSplit,
  type ReadRow,
  readDocs,
  readItems,
} from "./data-files.ts";
import { indexOf, letters, optionLines } from "./letters.ts";

/** Of the published CSV files, which have no header. */
const columns = ["question", "A", "B", "C", "D", "answer"];

const patterns = [
  /(?:^|\/)(?<split>dev|test)\/(?<subject>\w+)_\k<split>\.csv$/,
  /(?:^|\/)(?!all\/|auxiliary_train\/)(?<subject>\w+)\/(?<split>dev|test)-[^/]*\.parquet$/,
  /(?:^|\/)all\/(?<split>dev|test)-[^/]*\.parquet$/,
];

export async function createMmlu({ data, fewshot = 0 }: BenchmarkOptions): Promise<EvalTask> {
  const files = await findFiles("mmlu", data, ["mmlu"], patterns);
  const tested = ofSplit("mmlu", files, "test");
  const dev = fewshot > 0 ? ofSplit("mmlu", files, "dev") : [];
  return defineTask({
    name: "mmlu",
    kind: "multiple_choice",
    items: () => readItems(tested, toItem, { columns }),
    description: (doc) =>
      `The following are multiple choice questions (with answers) about ${String(doc.subject).replaceAll("_", " ")}.\n\n`,
    text: ({ question, choices }) =>
      `${String(question).trim()}\n${optionLines(choices as string[])}\nAnswer:`,
    choices: () => letters.slice(0, 4),
    target: ({ answer }) => answer as number,
    fewshot: {
      count: fewshot,
      sampler: "first",
      docs: () => readDocs(dev, toItem, { columns }),
      isFitting: (example, { subject }) => example.subject === subject,
    },
    metrics: [{ name: "acc", isHigherBetter: true }],
  });
}

function toItem(row: Row, { parts }: DataFile): ReadRow {
  const subject = parts.subject ?? String(valueAt(row, "subject"));
  const isCsv = row.values.A !== undefined;
  const choices = isCsv
    ? ["A", "B", "C", "D"].map((key) => String(valueAt(row, key)))
    : textsOf(row, "choices");
  if (choices.length !== 4)
    throw new RowError(row.place, `has ${choices.length} choices, expected 4`);
  const doc: JsonObject = {
    question: String(valueAt(row, "question")),
    subject,
    choices,
    answer: indexOf(row, "answer", choices.length),
  };
  return { doc, tags: { subject } };
}
