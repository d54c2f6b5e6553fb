/** Learning-rate schedules, as multipliers of the peak rate; the values are transformers'. */

export type Schedule = {
  /** Steps of linear warm-up: from 0, or from the floor with "wsd". */
  readonly warmup: number;
  /** All steps of the run. */
  readonly steps: number;
  /** Multiplier at the end (default 0.1). */
  readonly floor?: number;
} & (
  | { readonly kind: "cosine" }
  /** Straight from the peak to the floor. */
  | { readonly kind: "linear" }
  | { readonly kind: "constant" }
  /** Warm-up, stable, decay: linear to the floor over the last `decay` steps. */
  | { readonly kind: "wsd"; readonly decay: number }
);

/**
 * Multiplier for the step that follows `done` finished steps. As in transformers, the first step
 * of a warm-up has rate 0 ("wsd": the floor) and only fills the optimiser's moments.
 *
 * @example
 * const rate = 3e-4 * rateAt({ kind: "cosine", warmup: 100, steps: 1000 }, step);
 */
export function rateAt(schedule: Schedule, done: number): number {
  const { warmup, steps, floor = 0.1 } = schedule;
  const above = (share: number): number => floor + (1 - floor) * share;
  if (done < warmup) {
    const share = done / warmup;
    return schedule.kind === "wsd" ? above(share) : share;
  }
  if (schedule.kind === "constant") return 1;
  if (schedule.kind === "wsd") {
    const left = Math.max(0, steps - done);
    return left >= schedule.decay ? 1 : above(left / schedule.decay);
  }
  const progress = Math.min(1, (done - warmup) / Math.max(1, steps - warmup));
  if (schedule.kind === "linear") return above(1 - progress);
  return above(0.5 * (1 + Math.cos(Math.PI * progress)));
}
