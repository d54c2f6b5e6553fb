/** What differs between two runs: each metric's paired test, and the items that changed. */

import { join } from "node:path";
import { journalFolder } from "../evaluate.ts";
import { latestRecords } from "../run/journal.ts";
import type { ItemRecord } from "../types.ts";
import { type Comparison, compareRuns } from "./compare.ts";
import { writeText } from "./html.ts";
import { type PageItem, pageText, shown } from "./page.ts";
import { tasksOf } from "./read-results.ts";

export interface RunDiff {
  readonly task: string;
  readonly comparisons: readonly Comparison[];
}

/**
 * Compares the tasks that both runs have. `difference` is the second run's mean less the first's.
 *
 * @param a folder of a run (`out`)
 * @throws Error where one is no run, or they share no task
 */
export async function diffRuns(a: string, b: string): Promise<RunDiff[]> {
  const [first, second] = await Promise.all([tasksOf(a), tasksOf(b)]);
  const tasks = first.filter((task) => second.includes(task));
  if (tasks.length === 0) {
    throw new Error(
      `${a} and ${b} share no task: ${first.join(", ")} against ${second.join(", ")}`,
    );
  }
  return Promise.all(
    tasks.map(async (task) => ({
      task,
      comparisons: await compareRuns(journalOf(a, task), journalOf(b, task)),
    })),
  );
}

/**
 * The page of `diffRuns`, with every item whose score or answer changed.
 *
 * @param title what the page is called (default: the folders)
 */
export async function* diffPage(
  a: string,
  b: string,
  title = `${b} against ${a}`,
): AsyncGenerator<string> {
  const diffs = await diffRuns(a, b);
  const summary = diffs.flatMap(({ task, comparisons }) =>
    comparisons.map(({ metric, items, difference, interval, p, test }) => [
      task,
      metric,
      signed(difference),
      interval.map(signed).join(" to "),
      `${p.toPrecision(3)} (${test})`,
      String(items),
    ]),
  );
  yield* pageText({
    title,
    head: ["task", "metric", "difference", "95 %", "p", "items of both"],
    summary,
    columns: ["task", "id", "change", "target", "first run", "second run", "item"],
    kinds: ["higher", "lower", "answer", "failed"],
    items: changesOf(
      a,
      b,
      diffs.map(({ task }) => task),
    ),
  });
}

/** Writes the page. @throws Error as `diffRuns`, and where the disk is full */
export const writeDiff = (file: string, a: string, b: string): Promise<void> =>
  writeText(file, diffPage(a, b));

async function* changesOf(
  a: string,
  b: string,
  tasks: readonly string[],
): AsyncGenerator<PageItem> {
  for (const task of tasks) {
    const before = new Map<string, Told>();
    for await (const record of latestRecords(journalOf(a, task)))
      before.set(record.id, told(record));
    for await (const record of latestRecords(journalOf(b, task))) {
      const first = before.get(record.id);
      if (!first) continue;
      const second = told(record);
      const kind = changeOf(first, second);
      if (!kind) continue;
      const target = record.status === "scored" ? shown(record.target) : "";
      const cells = [target, textOf(first), textOf(second), shown(record.doc)];
      yield { kind, cells: [task, record.id, kind, ...cells] };
    }
  }
}

/** What is held of an item. */
interface Told {
  readonly answer: string;
  /** Undefined: the item failed. */
  readonly values: readonly (readonly [name: string, value: unknown])[] | undefined;
}

function told(record: ItemRecord): Told {
  if (record.status === "failed") return { answer: record.error, values: undefined };
  return { answer: shown(record.answer), values: Object.entries(record.values) };
}

const textOf = ({ answer, values = [] }: Told): string =>
  [answer, ...values.map(([name, value]) => `${name} ${shown(value)}`)].join("\n");

/** By the first metric that differs. */
function changeOf(a: Told, b: Told): string | undefined {
  if (!a.values || !b.values) return a.values || b.values ? "failed" : undefined;
  const others = new Map(b.values);
  for (const [name, value] of a.values) {
    const [before, after] = [value, others.get(name)].map((each) => Number([each].flat()[0]));
    if (before !== after) return after! > before! ? "higher" : "lower";
  }
  return a.answer === b.answer ? undefined : "answer";
}

const signed = (value: number): string => `${value < 0 ? "" : "+"}${value.toFixed(4)}`;

const journalOf = (out: string, task: string): string => join(journalFolder(out), `${task}.jsonl`);
