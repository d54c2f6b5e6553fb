/** All items of a run as one page without anything beside it. */

import { sep } from "node:path";
import { writeFileAtomically } from "../../checkpoint/atomic.ts";
import { type Evaluation, journalFile } from "../evaluate.ts";
import { latestRecords } from "../run/journal.ts";
import type { ItemRecord } from "../types.ts";
import { type PageItem, pageText, shown, shownNumber } from "./page.ts";
import { readResults, type StoredMetric, tasksOf } from "./read-results.ts";

/** Writes the page; items are streamed. @throws Error where the disk is full */
export async function writeReport(
  file: string,
  out: string,
  { results }: Evaluation,
): Promise<void> {
  const metrics = results.flatMap(({ task, scored, failed, metrics }) =>
    metrics.map(({ name, filter, value, interval }) => {
      return { task: task.name, metric: `${name},${filter}`, value, interval, scored, failed };
    }),
  );
  const names = results.map(({ task }) => task.name);
  await writeText(file, pageOf("Evaluation", metrics, itemsOf(out, names)));
}

/**
 * The page of a run's folder as it is now, items of tasks that have not ended among them.
 *
 * @param title what the page is called (default: the folder)
 * @throws Error where it is no run, or a file of it is damaged
 */
export async function* reportPage(out: string, title = out): AsyncGenerator<string> {
  const [tasks, results] = [await tasksOf(out), await readResults(out)];
  yield* pageOf(title, results?.metrics ?? [], itemsOf(out, tasks));
}

const pageOf = (
  title: string,
  metrics: readonly StoredMetric[],
  items: AsyncIterable<PageItem>,
): AsyncGenerator<string> =>
  pageText({
    title,
    head: ["task", "metric", "value", "95 %", "items"],
    summary: metrics.map(({ task, metric, value, interval = [], scored, failed }) => [
      task,
      metric,
      shownNumber(value),
      interval.map(shownNumber).join(" to "),
      `${scored} scored, ${failed} failed`,
    ]),
    columns: ["task", "id", "outcome", "target", "answer", "item"],
    kinds: ["right", "wrong", "failed"],
    items,
  });

async function* itemsOf(out: string, tasks: readonly string[]): AsyncGenerator<PageItem> {
  for (const task of tasks) {
    try {
      for await (const record of latestRecords(journalFile(out, task))) {
        const kind = outcomeOf(record);
        const cells = record.status === "failed" ? ["", record.error, shown(record.doc)] : [];
        if (record.status === "scored") {
          cells.push(shown(record.target), shown(record.answer), shown(record.asked));
        }
        yield { kind, cells: [task, record.id, kind, ...cells] };
      }
    } catch (error) {
      // The page has begun: what cannot be read is told where its items would be.
      const message = error instanceof Error ? error.message : String(error);
      const told = message.replace(out + sep, ""); // a page may be sent to others
      yield { kind: "failed", cells: [task, "", "failed", "", told, ""] };
    }
  }
}

function outcomeOf(record: ItemRecord): string {
  if (record.status === "failed") return "failed";
  return Object.values(record.values).some((value) => Number(value) > 0) ? "right" : "wrong";
}

/** Writes a text that comes in pieces. @throws Error where the disk is full */
export const writeText = (file: string, pieces: AsyncIterable<string>): Promise<void> =>
  writeFileAtomically(file, async (sink) => {
    for await (const piece of pieces) await sink.write(Buffer.from(piece));
  });
