/** A run's folder read back: its tasks, and what the newest results file says of them. */

import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileError, isObject, readJsonObject } from "../../checkpoint/json.ts";
import { journalFolder } from "../evaluate.ts";

export interface RunResults {
  readonly model: string;
  /** Unix seconds. */
  readonly date: number;
  readonly isComplete: boolean;
  readonly metrics: readonly StoredMetric[];
}

export interface StoredMetric {
  readonly task: string;
  /** @example "acc,none" */
  readonly metric: string;
  /** NaN where nothing was scored. */
  readonly value: number;
  /** Of 95 %; undefined for what a task sums up by itself. */
  readonly interval: readonly [low: number, high: number] | undefined;
  readonly scored: number;
  readonly failed: number;
}

/** Names of the run's tasks; links are no journals. @throws Error where it is no run */
export async function tasksOf(out: string): Promise<string[]> {
  const folder = journalFolder(out);
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw fileError(error, folder);
  });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(".jsonl"))
    .map(({ name }) => name.slice(0, -6))
    .sort();
}

/**
 * The newest results that `writeResults` has written.
 *
 * @param out folder of a run
 * @returns undefined where there are none, as of a run that has not ended
 * @throws Error naming the file that is no results file
 */
export async function readResults(out: string): Promise<RunResults | undefined> {
  let newest: { readonly file: string; readonly time: number } | undefined;
  for (const folder of await readdir(out, { withFileTypes: true })) {
    if (!folder.isDirectory() || folder.name === "journal") continue;
    for (const entry of await readdir(join(out, folder.name), { withFileTypes: true })) {
      if (!entry.isFile() || !/^results_.*\.json$/.test(entry.name)) continue;
      const file = join(out, folder.name, entry.name);
      const time = (await stat(file)).mtimeMs;
      if (!newest || time > newest.time) newest = { file, time };
    }
  }
  return newest && parseResults(await readJsonObject(newest.file), newest.file);
}

type Found = Readonly<Record<string, unknown>>;

function parseResults(found: Found, file: string): RunResults {
  const { results, model_name: model, date, is_complete: isComplete } = found;
  if (!isObject(results) || typeof model !== "string" || typeof date !== "number") {
    throw new Error(`${file}: expected results, model_name and date, as onefold eval writes them`);
  }
  const metrics = Object.entries(results).flatMap(([task, entries]) => {
    if (!isObject(entries)) return [];
    const failed = numberIn(objectIn(objectIn(found.failures)[task]).failed) || 0;
    const scored = (numberIn(entries.sample_len) || 0) - failed;
    return metricsIn(entries).map((metric) => ({ task, ...metric, scored, failed }));
  });
  return { model, date, isComplete: isComplete === true, metrics };
}

const objectIn = (value: unknown): Found => (isObject(value) ? value : {});
const numberIn = (value: unknown): number => (typeof value === "number" ? value : Number.NaN);

/** Entries such as "acc,none" beside "acc_stderr,none", "acc_ci95_low,none" and so on. */
function metricsIn(entries: Found): Pick<StoredMetric, "metric" | "value" | "interval">[] {
  const names = Object.keys(entries).filter((key) => key.includes(","));
  const isOf = (key: string, suffix: string): boolean => {
    const [name = "", filter] = key.split(",");
    return name.endsWith(suffix) && names.includes(`${name.slice(0, -suffix.length)},${filter}`);
  };
  const beside = ["_stderr", "_ci95_low", "_ci95_high", "_scored"];
  return names
    .filter((key) => !beside.some((suffix) => isOf(key, suffix)))
    .map((key) => {
      const [name, filter] = key.split(",");
      const bound = (side: string): number => numberIn(entries[`${name}_ci95_${side},${filter}`]);
      const interval = [bound("low"), bound("high")] as const;
      return {
        metric: key,
        value: numberIn(entries[key]),
        interval: interval.some(Number.isNaN) ? undefined : interval,
      };
    });
}
