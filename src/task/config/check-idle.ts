/** Options that would change nothing are refused. */

import type { Task } from "../task.ts";
import type { TaskTrainingConfig } from "./schema.ts";

/** @throws Error naming the option that has no effect, and what would give it one */
export function checkIdle(
  { tasks: keys, train, eval: evaluation }: TaskTrainingConfig,
  tasks: readonly Task[],
  file: string,
): void {
  const refuse = (key: string, why: string): never => {
    throw new Error(`${file}: "${key}" changes nothing: ${why}`);
  };
  const together = train.accumulate * (train.order === "all" ? tasks.length : 1);
  if (train.order === "round-robin" && train.accumulate === 1) {
    const weighed = keys.findIndex(({ weight }) => weight !== undefined);
    const why = "a step of round-robin is over one task; set train.order to all or weighted";
    if (weighed >= 0) refuse(`tasks.${weighed}.weight`, why);
  }
  if (train.balance === "tokens" && together === 1) {
    refuse("train.balance", "a step is over one micro-batch; raise train.accumulate");
  }
  tasks.forEach(({ heldOut, metric }, i) => {
    if (keys[i].metric !== undefined && !heldOut) {
      refuse(`tasks.${i}.metric`, 'there are no records to measure on; add "held_out"');
    }
    if (keys[i].held_out !== undefined && !metric) {
      refuse(`tasks.${i}.held_out`, 'nothing is measured on it; add "metric"');
    }
  });
  if (evaluation && !tasks.some(({ heldOut, metric }) => heldOut && metric)) {
    refuse("eval", "no task has both a metric and held-out records");
  }
}
