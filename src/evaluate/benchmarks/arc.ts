/**
 * ARC: Clark et al., "Think you have Solved Question Answering? Try ARC, the AI2 Reasoning Challenge"
 * (2018). Options are scored by their texts, as in lm-evaluation-harness.
 */

import { isObject, show } from "../../checkpoint/json.ts";
import { type Row, RowError, rowsIn, textOf, textsOf, valueAt } from "../../task/readers/row.ts";
import { defineTask } from "../task/define-task.ts";
import type { EvalTask } from "../types.ts";
import type { BenchmarkOptions, CreateTasks } from "./benchmark.ts";
import { findFiles, ofSplit, type ReadRow, readDocs, readItems } from "./data-files.ts";

export const createArcEasy: CreateTasks = (options) => createArc("arc_easy", "Easy", options);
export const createArcChallenge: CreateTasks = (options) =>
  createArc("arc_challenge", "Challenge", options);

async function createArc(
  name: string,
  set: string,
  { data, fewshot = 0 }: BenchmarkOptions,
): Promise<EvalTask> {
  const patterns = [
    new RegExp(`(?:^|/)ARC-${set}-(?<split>Train|Test)\\.jsonl$`),
    new RegExp(`(?:^|/)ARC-${set}/(?<split>train|test)-[^/]*\\.parquet$`),
  ];
  const found = await findFiles(name, data, ["arc", "ai2_arc", "ARC-V1-Feb2018-2"], patterns);
  const files = found.map(({ path, parts }) => {
    return { path, parts: { split: parts.split!.toLowerCase() } };
  });
  const tested = ofSplit(name, files, "test");
  const train = fewshot > 0 ? ofSplit(name, files, "train") : [];
  return defineTask({
    name,
    kind: "multiple_choice",
    items: () => readItems(tested, toItem),
    text: ({ question }) => `Question: ${question as string}\nAnswer:`,
    choices: ({ choices }) => choices as string[],
    target: ({ answer }) => answer as number,
    fewshot: { count: fewshot, docs: () => readDocs(train, toItem) },
  });
}

/** The published lines nest the options below the question, the hub's rows hold two lists. */
function toItem(row: Row): ReadRow {
  const question = valueAt(row, "question");
  const nested: Row = isObject(question)
    ? { place: row.place, values: { ...question, question: question.stem } }
    : row;
  const options = valueAt(nested, "choices");
  const [choices, labels] = Array.isArray(options)
    ? [
        rowsIn(nested, "choices").map((each) => textOf(each, "text")),
        rowsIn(nested, "choices").map((each) => textOf(each, "label")),
      ]
    : listsOf(row.place, options);
  const answer = labels.indexOf(textOf(row, "answerKey"));
  if (answer < 0 || answer >= choices.length) {
    const key = show(row.values.answerKey);
    throw new RowError(row.place, `"answerKey" is ${key}, expected one of ${labels.join(", ")}`);
  }
  return { doc: { question: textOf(nested, "question"), choices, answer } };
}

function listsOf(place: string, options: unknown): [string[], string[]] {
  const row = { place, values: isObject(options) ? options : {} };
  return [textsOf(row, "text"), textsOf(row, "label")];
}
