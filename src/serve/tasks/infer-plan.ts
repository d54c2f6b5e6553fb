/** A plan, run for a request. */

import { EngineError } from "../../runtime/index.ts";
import type { GenerateOptions, Plan, TaskModel, TaskRecord } from "../../task/index.ts";
import type { Call } from "../call.ts";
import { checked } from "../errors.ts";
import { slotValues } from "./slot-values.ts";

export interface PlanRun {
  /** What was given, decoded. */
  readonly record: TaskRecord;
  readonly values: Readonly<Record<string, unknown>>;
  /** `performance.now()` when the files were decoded. */
  readonly read: number;
}

/**
 * @param inputs by slot: strings, JSON values, Blobs
 * @throws HttpError: what does not fit is the client's doing, unless the engine itself failed
 */
export async function inferPlan(
  call: Call,
  model: TaskModel,
  plan: Plan,
  inputs: ReadonlyMap<string, unknown>,
  options: GenerateOptions,
): Promise<PlanRun> {
  const record = await slotValues(plan, inputs, model.config.video?.frames ?? 1);
  const read = performance.now();
  try {
    const values = await model.infer(plan, record, { ...options, signal: call.signal });
    return { record, values, read };
  } catch (error) {
    if (call.signal.aborted) throw call.reason;
    if (error instanceof EngineError || error instanceof TypeError) throw error;
    return checked(() => {
      throw error;
    });
  }
}
