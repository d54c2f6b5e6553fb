/** All items of a run as one page without anything beside it. */

import { writeFileAtomically } from "../../checkpoint/atomic.ts";
import { type Evaluation, journalFile } from "../evaluate.ts";
import { latestRecords } from "../run/journal.ts";
import type { ItemRecord } from "../types.ts";
import { type PageItem, pageText, shown } from "./page.ts";

/** Writes the page; items are streamed. @throws Error where the disk is full */
export async function writeReport(
  file: string,
  out: string,
  { results }: Evaluation,
): Promise<void> {
  const summary = results.flatMap(({ task, scored, failed, metrics }) =>
    metrics.map(({ name, filter, value, interval }) => [
      task.name,
      `${name},${filter}`,
      value.toFixed(4),
      interval.map((bound) => bound.toFixed(4)).join(" to "),
      `${scored} scored, ${failed} failed`,
    ]),
  );
  const names = results.map(({ task }) => task.name);
  await writeText(
    file,
    pageText({
      title: "Evaluation",
      head: ["task", "metric", "value", "95 %", "items"],
      summary,
      columns: ["task", "id", "outcome", "target", "answer", "item"],
      kinds: ["right", "wrong", "failed"],
      items: itemsOf(out, names),
    }),
  );
}

async function* itemsOf(out: string, tasks: readonly string[]): AsyncGenerator<PageItem> {
  for (const task of tasks) {
    for await (const record of latestRecords(journalFile(out, task))) {
      const kind = outcomeOf(record);
      const cells = record.status === "failed" ? ["", record.error, shown(record.doc)] : [];
      if (record.status === "scored") {
        cells.push(shown(record.target), shown(record.answer), shown(record.asked));
      }
      yield { kind, cells: [task, record.id, kind, ...cells] };
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
