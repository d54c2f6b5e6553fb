/** What a built-in benchmark is. */

import type { EvalTask } from "../types.ts";

export interface Benchmark {
  /** As in lm-evaluation-harness, where it has the benchmark. */
  readonly name: string;
  /** What it measures, in a few words. */
  readonly measures: string;
  /** Files below --data that it reads; undefined where it makes its own data. */
  readonly files?: string;
  /** Its own settings, given as `name:key=value`, and what each means. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Imports the file that has it: only benchmarks that run are loaded. */
  load(): Promise<CreateTasks>;
}

/** @throws Error for files that are missing, or a setting's value that is not known */
export type CreateTasks = (
  options: BenchmarkOptions,
) => EvalTask | readonly EvalTask[] | Promise<EvalTask | readonly EvalTask[]>;

export interface BenchmarkOptions {
  /** Folder of local copies. */
  readonly data?: string;
  /** Examples before each question (default: the benchmark's own). */
  readonly fewshot?: number;
  /** Those of the benchmark's `settings` that were given. */
  readonly settings: Readonly<Record<string, string>>;
}
