/**
 * GPQA: Rein et al., "GPQA: A Graduate-Level Google-Proof Q&A Benchmark" (2023), without examples.
 * Options are shuffled by a seed of their own and the question's text, so that every run has the same order
 * (lm-evaluation-harness draws another from Python's generator).
 */

import { createRandom, shuffleBy } from "../../nn/random.ts";
import { type Row, textOf, valueAt } from "../../task/readers/row.ts";
import { defineTask } from "../task/define-task.ts";
import type { EvalTask } from "../types.ts";
import type { BenchmarkOptions, CreateTasks } from "./benchmark.ts";
import { findFiles, type ReadRow, readDocs, readItems } from "./data-files.ts";

/** For one of the published sets: main, diamond or extended. */
export const createGpqa =
  (set: string): CreateTasks =>
  (options) =>
    create(`gpqa_${set}_zeroshot`, set, options);

async function create(
  name: string,
  set: string,
  { data, fewshot = 0, settings }: BenchmarkOptions,
): Promise<EvalTask> {
  const files = await findFiles(name, data, ["gpqa"], [new RegExp(`(?:^|/)gpqa_${set}\\.csv$`)]);
  const seed = Number(settings.shuffle ?? 0);
  if (!Number.isSafeInteger(seed)) {
    throw new Error(`${name}: shuffle is ${settings.shuffle}, expected a whole number`);
  }
  const toItem = (row: Row): ReadRow => shuffled(row, seed);
  return defineTask({
    name,
    version: "2.2",
    kind: "multiple_choice",
    items: () => readItems(files, toItem),
    text: ({ question, options }) =>
      `What is the correct answer to this question:${question as string}\nChoices:\n` +
      `${(options as string[]).map((option, i) => `${names[i]} ${option}`).join("\n")}\nAnswer:`,
    choices: () => names,
    target: ({ answer }) => answer as number,
    // The only split there is: a question is never its own example.
    fewshot: { count: fewshot, docs: () => readDocs(files, toItem), isSameSplit: true },
    settings: { shuffle: seed },
  });
}

const names = ["(A)", "(B)", "(C)", "(D)"];

function shuffled(row: Row, seed: number): ReadRow {
  const question = String(valueAt(row, "Question"));
  const keys = ["Incorrect Answer 1", "Incorrect Answer 2", "Incorrect Answer 3", "Correct Answer"];
  const options = keys.map((key) => clean(textOf(row, key)));
  const right = options[3]!;
  const random = createRandom(seed, `gpqa/${question}`);
  shuffleBy(options, (n) => random.below(n));
  const domain = row.values["High-level domain"];
  const tags = typeof domain === "string" && domain ? { tags: { domain } } : {};
  return { doc: { question, options, answer: options.indexOf(right) }, ...tags };
}

const clean = (text: string): string =>
  text.trim().replaceAll(" [title]", ". ").replaceAll("  ", " ");
