/** How even the load of experts is, as numbers a step. */

import { type NDArray, toValues } from "../../graph/ndarray.ts";
import { summarizeLoad } from "./measure.ts";

/**
 * Means over layers of MaxVio (largest load over the mean one, less 1) and of the coefficient of
 * variation, and how many experts in all were chosen by no token.
 *
 * @param counts of a step: f32 [layers, experts], `StepResult.sums.moe_counts` of `withBalance`
 */
export function loadMetrics(counts: NDArray): Record<string, number> {
  const [layers, experts] = counts.shape as readonly [number, number];
  const values = toValues(counts) as number[];
  const loads = Array.from({ length: layers }, (_, i) =>
    summarizeLoad(values.slice(i * experts, (i + 1) * experts)),
  );
  const sum = (key: "maxViolation" | "variation" | "dead"): number =>
    loads.reduce((n, load) => n + load[key], 0);
  return {
    moe_max_violation: sum("maxViolation") / layers,
    moe_variation: sum("variation") / layers,
    moe_dead: sum("dead"),
  };
}
