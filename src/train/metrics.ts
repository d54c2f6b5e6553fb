/** metrics.jsonl of a run: one JSON object a step, appended as steps end. */

import { appendFile, readFile } from "node:fs/promises";
import { writeFileAtomically } from "../checkpoint/atomic.ts";
import { fileError } from "../checkpoint/json.ts";

/** Appends one step. */
export async function appendMetrics(file: string, metrics: { step: number }): Promise<void> {
  try {
    await appendFile(file, `${JSON.stringify(metrics)}\n`);
  } catch (error) {
    throw fileError(error, file);
  }
}

/**
 * Drops what a resumed run computes again: steps after the checkpoint, and a line that a kill or a
 * full disk left unfinished.
 *
 * @param step of the checkpoint that the run goes on from, 0 for a fresh start
 */
export async function trimMetrics(file: string, step: number): Promise<void> {
  const text = await readFile(file, "utf8").catch(() => "");
  const kept = text
    .split("\n")
    .filter((line) => (stepOf(line) ?? Number.POSITIVE_INFINITY) <= step);
  const trimmed = kept.map((line) => `${line}\n`).join("");
  if (trimmed !== text) {
    await writeFileAtomically(file, (sink) => sink.write(Buffer.from(trimmed)));
  }
}

function stepOf(line: string): number | undefined {
  try {
    const { step } = JSON.parse(line) as { step?: unknown };
    return typeof step === "number" ? step : undefined;
  } catch {
    return undefined;
  }
}
