/** From names, as people write them, to tasks. */

import { nearest } from "../../task/grammar/suggest.ts";
import type { EvalTask } from "../types.ts";
import type { Benchmark, BenchmarkOptions } from "./benchmark.ts";
import { benchmarks } from "./registry.ts";

/**
 * The tasks of a built-in benchmark.
 *
 * @param name its name, with settings of its own behind colons: "mtr-bench:level=hard"
 * @throws Error for a name or setting that is not known (with the nearest one), or missing files
 * @example
 * const tasks = await createTasks("mmlu", { data: "datasets" });
 */
export async function createTasks(
  name: string,
  options: Omit<BenchmarkOptions, "settings"> = {},
): Promise<readonly EvalTask[]> {
  const [word = "", ...given] = name.split(":");
  const benchmark = benchmarks.find((each) => each.name === word);
  if (!benchmark) throw new Error(`no benchmark is called "${word}"; ${hintFor(word)}`);
  const settings = Object.fromEntries(given.map((text) => settingOf(benchmark, text)));
  const create = await benchmark.load();
  return [await create({ ...options, settings })].flat();
}

function hintFor(word: string): string {
  const names = benchmarks.map((each) => each.name);
  const like = nearest(word, names);
  return like ? `did you mean ${like}?` : `those that are: ${names.join(", ")}`;
}

function settingOf({ name, settings = {} }: Benchmark, text: string): [string, string] {
  const [, key = "", value = ""] = /^([^=]*)=(.*)$/.exec(text) ?? [];
  if (!key) throw new Error(`${name}: expected key=value behind ":", found "${text}"`);
  if (Object.hasOwn(settings, key)) return [key, value];
  const keys = Object.keys(settings);
  const like = nearest(key, keys);
  const known = keys.length > 0 ? `it has ${keys.join(", ")}` : "it has none";
  throw new Error(`${name} has no setting "${key}"; ${like ? `did you mean ${like}?` : known}`);
}
