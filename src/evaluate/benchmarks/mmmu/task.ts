/**
 * MMMU: Yue et al., "MMMU: A Massive Multi-discipline Multimodal Understanding and Reasoning
 * Benchmark for Expert AGI" (2024). Questions with images in their text, four options or more, or
 * open; asked as lm-evaluation-harness's `mmmu_val` asks them of chat models.
 */

import { nearest } from "../../../task/grammar/suggest.ts";
import { defineTask } from "../../task/define-task.ts";
import { letterOf } from "../../task/filters.ts";
import type { EvalTask, JsonObject } from "../../types.ts";
import type { BenchmarkOptions } from "../benchmark.ts";
import { findFiles, ofSplit, readItems } from "../data-files.ts";
import { isRight, letterIn } from "./read-answer.ts";
import { readRow } from "./read-row.ts";
import { disciplineOf } from "./subjects.ts";

const patterns = [/(?:^|\/)(?<subject>[A-Z]\w+)\/(?<split>dev|validation)-[^/]*\.parquet$/];

/** @throws Error for a split without public answers, a subject that is none, or examples */
export async function createMmmu({ data, fewshot, settings }: BenchmarkOptions): Promise<EvalTask> {
  const { split = "validation", subject } = settings;
  if (split !== "validation" && split !== "dev") {
    throw new Error(`mmmu: split is "${split}", expected validation or dev`);
  }
  if (fewshot) throw new Error("mmmu: no examples stand before its questions; leave out --fewshot");
  if (subject !== undefined) checkSubject(subject);
  const all = ofSplit("mmmu", await findFiles("mmmu", data, ["mmmu", "MMMU"], patterns), split);
  for (const { parts } of all) checkSubject(parts.subject!);
  const files = all.filter(({ parts }) => subject === undefined || parts.subject === subject);
  if (files.length === 0) throw new Error(`mmmu: no file of ${subject} beside ${all[0]!.path}`);
  return defineTask({
    name: "mmmu",
    version: "0.0",
    kind: "generate_until",
    chat: "single",
    shows: ["image"],
    items: () => readItems(files, readRow),
    text: questionOf,
    target: ({ answers }) => answers as string[],
    until: ["<|endoftext|>"],
    maxTokens: 512,
    metrics: ["acc", "acc_guessed"].map((name) => ({ name, isHigherBetter: true })),
    score,
    settings: { split, subject: subject ?? null },
  });
}

function checkSubject(subject: string): void {
  if (disciplineOf.has(subject)) return;
  const names = [...disciplineOf.keys()];
  const like = nearest(subject, names) ?? names.join(", ");
  throw new Error(`mmmu: "${subject}" is none of its 30 subjects; did you mean ${like}?`);
}

function questionOf({ question, options }: JsonObject): string {
  if (options === null) {
    return `${question as string}\n\nAnswer the question using a single word or phrase.`;
  }
  const lines = (options as string[]).map((option, i) => `(${letterOf(i)}) ${option}`);
  return (
    `${question as string}\n\n${lines.join("\n")}\n\n` +
    "Answer with the option's letter from the given choices directly."
  );
}

/**
 * An answer that names no option is wrong. The published code draws a letter for it: `acc_guessed`
 * counts it as the chance that this is right.
 */
function score(answer: string, { options, answers }: JsonObject): Record<string, number> {
  const right = answers as string[];
  if (options === null) {
    const acc = isRight(answer, right) ? 1 : 0;
    return { acc, acc_guessed: acc };
  }
  const letters = (options as string[]).map((option, i) => [letterOf(i), option] as const);
  const letter = letterIn(answer, new Map(letters));
  const acc = letter !== undefined && right.includes(letter) ? 1 : 0;
  return { acc, acc_guessed: letter === undefined ? right.length / letters.length : acc };
}
