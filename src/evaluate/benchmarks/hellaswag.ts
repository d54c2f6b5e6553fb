/**
 * HellaSwag: Zellers et al., "HellaSwag: Can a Machine Really Finish Your Sentence?" (2019). Endings
 * and contexts are cleaned as lm-evaluation-harness does; acc_norm is what is commonly quoted.
 */

import { type Row, RowError, textsOf, valueAt } from "../../task/readers/row.ts";
import { defineTask } from "../task/define-task.ts";
import type { EvalTask } from "../types.ts";
import type { BenchmarkOptions } from "./benchmark.ts";
import { findFiles, ofSplit, type ReadRow, readDocs, readItems } from "./data-files.ts";
import { indexOf } from "./letters.ts";

const patterns = [
  /(?:^|\/)hellaswag_(?<split>train|val)\.jsonl$/,
  /(?:^|\/)(?<split>train|val)(?:idation)?-[^/]*\.parquet$/,
];

export async function createHellaswag({ data, fewshot = 0 }: BenchmarkOptions): Promise<EvalTask> {
  const files = await findFiles("hellaswag", data, ["hellaswag"], patterns);
  const tested = ofSplit("hellaswag", files, "val");
  const train = fewshot > 0 ? ofSplit("hellaswag", files, "train") : [];
  return defineTask({
    name: "hellaswag",
    kind: "multiple_choice",
    items: () => readItems(tested, toItem),
    text: ({ query }) => query as string,
    choices: ({ choices }) => choices as string[],
    target: ({ label }) => label as number,
    fewshot: { count: fewshot, docs: () => readDocs(train, toItem) },
  });
}

function toItem(row: Row): ReadRow {
  const texts = ["activity_label", "ctx_a", "ctx_b"].map((key) => String(valueAt(row, key)));
  const [activity = "", start = "", rest = ""] = texts;
  const choices = textsOf(row, "endings").map(clean);
  if (choices.length !== 4) {
    throw new RowError(row.place, `has ${choices.length} endings, expected 4`);
  }
  const query = clean(`${activity}: ${start} ${capitalise(rest)}`);
  return { doc: { query, choices, label: indexOf(row, "label", 4) } };
}

/** Marks of WikiHow are taken out. */
const clean = (text: string): string =>
  text
    .trim()
    .replaceAll(" [title]", ". ")
    .replace(/\[.*?\]/g, "")
    .replaceAll("  ", " ");

/** As Python's: all other letters become small. */
const capitalise = (text: string): string =>
  text.slice(0, 1).toUpperCase() + text.slice(1).toLowerCase();
