/** The built-in benchmark `mtr-bench`, from settings as people write them. */

import { join } from "node:path";
import type { BenchmarkOptions } from "../benchmarks/benchmark.ts";
import type { EvalTask } from "../types.ts";
import { createMtrBenchTask } from "./eval-task.ts";
import { readPaperInstances } from "./import.ts";
import { LEVELS } from "./task.ts";
import { findTask, tasks } from "./tasks.ts";

const CLASSES: readonly string[] = ["IP", "DA", "SO", "SG"];

/**
 * All of it, or the games of a class, a task or a level, or those of a file of published instances.
 *
 * @throws Error for a class, a level or a task that there is not, or a file that cannot be read
 * @example
 * await createMtrBench({ settings: { class: "IP", level: "easy" } }); // 10 tasks at one level
 * await createMtrBench({ data: "problem", settings: { file: "information_query/MinMax/easy.jsonl" } });
 */
export async function createMtrBench({ data, settings }: BenchmarkOptions): Promise<EvalTask> {
  const name = ["mtr-bench", ...Object.values(settings)].join(":");
  const { class: group, task, level, file } = settings;
  if (file !== undefined) {
    const instances = await readPaperInstances(data === undefined ? file : join(data, file));
    return createMtrBenchTask({ name, instances });
  }
  if (group !== undefined && !CLASSES.includes(group)) refuse("class", group, CLASSES);
  const levels = LEVELS.filter((each) => level === undefined || each === level);
  if (levels.length === 0) refuse("level", `${level}`, LEVELS);
  const chosen = task === undefined ? tasks : [findTask(task)];
  const names = chosen.filter((each) => !group || each.class === group).map((each) => each.name);
  if (names.length === 0) throw new Error(`mtr-bench: ${task} is not of class ${group}`);
  return createMtrBenchTask({ name, tasks: names, levels });
}

function refuse(key: string, value: string, known: readonly string[]): never {
  throw new Error(`mtr-bench: ${key} is "${value}", expected one of ${known.join(", ")}`);
}
