/**
 * Benchmarks by name, for `onefold eval --tasks NAME` and `createTasks`.
 *
 * To add one: write a file that exports a `CreateTasks` function (benchmark.ts), add its entry here
 * and its row to the table in docs/evaluate.md. `load` imports the file, so that no run reads the
 * code of benchmarks it does not use; nothing else is registered anywhere.
 */

import { hellaswagProSettings } from "../hellaswag-pro/settings.ts";
import type { Benchmark } from "./benchmark.ts";
import { sampleSettings } from "./samples.ts";

const mmmuSettings = {
  split: "validation (default), or dev",
  subject: "one by the name of its folder, as Art_Theory (default: all that are there)",
};

const mathOpSettings = {
  file: "items in a file below --data (default: generated)",
  figure: "described, hidden: without seeing it, or image: shown to models that see (free format)",
  options: "whole programs, or changes: the lines in which they differ, for short contexts",
  items: "generated items of each operation and figure type (default 6)",
  seed: "of the generator (default 0)",
};
const executeSettings = {
  execute: "bubblewrap: programs run in matplotlib (default never: they are interpreted)",
  python: "path of the Python that has matplotlib (default python3)",
};

export const benchmarks: readonly Benchmark[] = [
  {
    name: "mmlu",
    measures: "knowledge in 57 subjects, four options",
    files: "mmlu/{dev,test}/SUBJECT_{dev,test}.csv, or mmlu/SUBJECT/{dev,test}-*.parquet",
    load: async () => (await import("./mmlu.ts")).createMmlu,
  },
  {
    name: "mtr-bench",
    measures: "games of many turns: 40 tasks of reasoning in four classes, three levels",
    settings: {
      class: "IP, DA, SO or SG (default all)",
      task: "one by name, as onefold play lists them",
      level: "easy, medium or hard (default all)",
      file: "published instances, below --data (default: games are made)",
    },
    load: async () => (await import("../mtr-bench/named.ts")).createMtrBench,
  },
  {
    name: "hellaswag",
    measures: "how everyday situations go on, four endings",
    files: "hellaswag/hellaswag_{train,val}.jsonl, or hellaswag/{train,validation}-*.parquet",
    load: async () => (await import("./hellaswag.ts")).createHellaswag,
  },
  {
    name: "arc_easy",
    measures: "school science, questions that retrieval solves",
    files: "arc/ARC-Easy/ARC-Easy-{Train,Test}.jsonl, or arc/ARC-Easy/{train,test}-*.parquet",
    load: async () => (await import("./arc.ts")).createArcEasy,
  },
  {
    name: "arc_challenge",
    measures: "school science, questions that retrieval does not solve",
    files: "arc/ARC-Challenge/ARC-Challenge-{Train,Test}.jsonl, or parquet as for arc_easy",
    load: async () => (await import("./arc.ts")).createArcChallenge,
  },
  {
    name: "gsm8k",
    measures: "word problems of school mathematics, worked out in text",
    files: "gsm8k/{train,test}.jsonl, or gsm8k/main/{train,test}-*.parquet",
    load: async () => (await import("./gsm8k.ts")).createGsm8k,
  },
  ...["main", "diamond", "extended"].map((set) => ({
    name: `gpqa_${set}_zeroshot`,
    measures: `biology, physics and chemistry at graduate level, the ${set} set`,
    files: `gpqa/gpqa_${set}.csv`,
    settings: { shuffle: "seed of the order of options (default: 0)" },
    load: async () => (await import("./gpqa.ts")).createGpqa(set),
  })),
  {
    name: "bbh_cot_fewshot",
    measures: "27 hard tasks of BIG-Bench, reasoned aloud",
    files: "bbh/bbh/SUBTASK.json (or bbh/SUBTASK/test-*.parquet) and bbh/cot-prompts/SUBTASK.txt",
    load: async () => (await import("./bbh.ts")).createBbhCot,
  },
  {
    name: "bbh_fewshot",
    measures: "the same tasks, answered at once",
    files: "as for bbh_cot_fewshot",
    load: async () => (await import("./bbh.ts")).createBbh3Shot,
  },
  {
    name: "ceval-valid",
    measures: "exams in Chinese, 52 subjects, four options",
    files: "ceval/{dev,val}/SUBJECT_{dev,val}.csv, or ceval/SUBJECT/{dev,val}-*.parquet",
    load: async () => (await import("./chinese-exams.ts")).createCeval,
  },
  {
    name: "cmmlu",
    measures: "exams in Chinese, 67 subjects, four options",
    files: "cmmlu/{dev,test}/SUBJECT.csv, or cmmlu/SUBJECT/{dev,test}-*.parquet",
    load: async () => (await import("./chinese-exams.ts")).createCmmlu,
  },
  {
    name: "humaneval",
    measures: "Python functions from their descriptions, by tests in bubblewrap",
    files: "humaneval/HumanEval.jsonl, or humaneval/openai_humaneval/test-*.parquet",
    settings: sampleSettings,
    load: async () => (await import("./humaneval.ts")).createHumaneval,
  },
  {
    name: "mbpp",
    measures: "short Python programs, by tests in bubblewrap",
    files: "mbpp/mbpp.jsonl, or mbpp/full/{prompt,test}-*.parquet",
    load: async () => (await import("./mbpp.ts")).createMbpp,
  },
  {
    name: "humaneval_x_js",
    measures: "JavaScript functions from their descriptions, by tests in QuickJS",
    files: "humaneval-x/js/data/humaneval.jsonl",
    settings: sampleSettings,
    load: async () => (await import("./humaneval-x-js.ts")).createHumanevalXJs,
  },
  {
    name: "ifeval",
    measures: "25 kinds of instructions that a program verifies, strictly and loosely",
    files: "ifeval/input_data.jsonl, or ifeval/train-*.parquet",
    load: async () => (await import("./ifeval/task.ts")).createIfeval,
  },
  {
    name: "mmmu",
    measures: "college exams with images in 30 subjects, options or open answers",
    files: "mmmu/SUBJECT/{dev,validation}-*.parquet",
    settings: mmmuSettings,
    load: async () => (await import("./mmmu/task.ts")).createMmmu,
  },
  {
    name: "hellaswag-pro",
    measures: "whether answers hold in seven variants of a question, English and Chinese",
    files:
      "exper_original_*/ and exper_robust_*/ of the published copy; without, questions are made",
    settings: hellaswagProSettings,
    load: async () => (await import("../hellaswag-pro/create.ts")).createHellaswagPro,
  },
  {
    name: "mathopeval-choice",
    measures: "programs that draw or edit figures, four options",
    settings: mathOpSettings,
    load: async () => (await import("./mathopeval.ts")).createMathOpChoice,
  },
  {
    name: "mathopeval-free",
    measures: "programs that draw or edit figures, written and judged by what they draw",
    settings: { ...mathOpSettings, ...executeSettings },
    load: async () => (await import("./mathopeval.ts")).createMathOpFree,
  },
];
