/** Does a task once, and prints or writes what it gives. */

import {
  type GenerateOptions,
  type Plan,
  requireParts,
  type TaskModel,
  type TaskRecord,
} from "../../task/index.ts";
import { type Io, writeJson, writeLine } from "../io.ts";
import { writeOutput } from "./output.ts";

export interface PlannedTask {
  readonly plan: Plan;
  readonly record: TaskRecord;
  readonly options: GenerateOptions;
  /** Checked by `checkOut`. */
  readonly out?: string;
  /** Begins the JSON that is printed; left out: people read it. */
  readonly json?: Readonly<Record<string, unknown>>;
}

/** @throws Error where the model lacks what the plan needs */
export async function runPlan(
  io: Io,
  model: TaskModel,
  { plan, record, options, out, json }: PlannedTask,
): Promise<void> {
  requireParts(plan, model.config);
  const signal = io.interruptible();
  const values = await model.infer(plan, record, { ...options, signal });
  const { lines, ...output } = await writeOutput(plan, record, values, out);
  if (json) await writeJson(io, { ...json, ...output });
  else for (const line of lines) await writeLine(io, line);
}
