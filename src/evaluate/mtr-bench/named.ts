/** The benchmark and its parts by name, as `onefold eval --tasks` takes them. */

import type { EvalTask } from "../types.ts";
import { createMtrBenchTask } from "./eval-task.ts";
import { readPaperInstances } from "./import.ts";
import { LEVELS } from "./task.ts";
import { findTask, tasks } from "./tasks.ts";

const CLASSES: readonly string[] = ["IP", "DA", "SO", "SG"];

/**
 * "mtr-bench" is all of it. Parts follow behind colons: a class, a task, a level, or a file of
 * published instances.
 *
 * @throws Error for a part that is none of these
 * @example
 * await mtrBenchByName("mtr-bench:IP:easy"); // 10 tasks at one level
 * await mtrBenchByName("mtr-bench:problem/information_query/MinMax/easy.jsonl");
 */
export async function mtrBenchByName(name: string): Promise<EvalTask> {
  const parts = name.split(":").slice(1);
  const file = parts.join(":");
  if (file.endsWith(".jsonl")) {
    return createMtrBenchTask({ name, instances: await readPaperInstances(file) });
  }
  const levels = LEVELS.filter((level) => parts.includes(level));
  const others = parts.filter((part) => !LEVELS.some((level) => level === part));
  const chosen = others.flatMap((part) =>
    CLASSES.includes(part) ? tasks.filter((task) => task.class === part) : [findTask(part)],
  );
  return createMtrBenchTask({
    name,
    ...(levels.length > 0 && { levels }),
    ...(chosen.length > 0 && { tasks: chosen.map((task) => task.name) }),
  });
}

export const isMtrBenchName = (name: string): boolean => /^mtr-bench(:|$)/.test(name);
