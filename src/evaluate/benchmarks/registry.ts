/**
 * Benchmarks by name, for `onefold eval --tasks NAME` and `createTasks`.
 *
 * To add one: write a file that exports a `CreateTasks` function (benchmark.ts), add its entry here
 * and its row to the table in docs/evaluate.md. `load` imports the file, so that no run reads the
 * code of benchmarks it does not use; nothing else is registered anywhere.
 */

import type { Benchmark } from "./benchmark.ts";

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
];
