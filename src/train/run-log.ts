/** What a run leaves for people to look at: JSON lines, TensorBoard's event file, curves. */

import { join } from "node:path";
import { recoverDirectory } from "../checkpoint/atomic.ts";
import { drawCurves } from "./curves.ts";
import { appendMetrics, trimMetrics } from "./metrics.ts";
import type { StepMetrics } from "./run.ts";
import { type EventLog, openEventLog } from "./tensorboard/event-log.ts";

/** What was measured on held-out data at a step. */
export interface EvaluationLine {
  readonly step: number;
  readonly [measure: string]: number | undefined;
}

export interface RunLog {
  step(metrics: StepMetrics): Promise<void>;
  evaluation(line: EvaluationLine): Promise<void>;
  /** Draws `curves/` anew. */
  draw(): Promise<void>;
}

/**
 * Opens the files of a run, without what a resumed run computes again.
 *
 * @param after step that the run goes on from, 0 for a fresh start
 */
export async function openRunLog(dir: string, after: number): Promise<RunLog> {
  const metrics = join(dir, "metrics.jsonl");
  const evaluations = join(dir, "evaluations.jsonl");
  // A fresh start evaluates step 0 again.
  for (const file of [metrics, evaluations]) await trimMetrics(file, after > 0 ? after : -1);
  const events = await openEventLog(dir, after);
  await recoverDirectory(join(dir, "curves"));
  return {
    async step({ sums: _, ...line }) {
      // Sums are whole arrays.
      await appendMetrics(metrics, line);
      await events.add(line.step, stepScalars(line));
    },
    async evaluation(line) {
      await appendMetrics(evaluations, line);
      await events.add(line.step, tagged("eval", line));
    },
    draw: () => drawCurves(dir),
  };
}

type Scalars = Parameters<EventLog["add"]>[1];

const stepScalars = ({ metrics, ...line }: Omit<StepMetrics, "sums">): Scalars => ({
  ...tagged("train", line),
  ...tagged("metrics", metrics),
});

/** The numbers among values, `gradientNorm` as `train/gradient_norm`. */
function tagged(group: string, values: object): Scalars {
  const numbers = Object.entries(values).filter(
    ([name, value]) => typeof value === "number" && name !== "step",
  );
  return Object.fromEntries(numbers.map(([name, value]) => [`${group}/${tagOf(name)}`, value]));
}

const tagOf = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).replaceAll(" ", "/");
