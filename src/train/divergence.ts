/** Tells a run that is falling apart from one that is only noisy. */

/** Losses that are averaged. */
const WINDOW = 20;
/** Nats that are forgiven besides, so that losses near zero may waver. */
const SLACK = 0.5;

/** Plain JSON, part of checkpoints. */
export interface DivergenceState {
  /** The last losses, at most 20. */
  readonly recent: readonly number[];
  /** Lowest mean so far; null before there are 20 losses. */
  readonly best: number | null;
}

export interface DivergenceWatch {
  /** @returns the mean and the lowest one, where the mean has left it by the rule */
  add(loss: number): { readonly mean: number; readonly best: number } | undefined;
  state: DivergenceState;
}

/**
 * The rule: the mean of the last 20 losses exceeds its lowest value so far `factor` times, plus
 * 0.5.
 *
 * @param factor 0: never
 */
export function watchDivergence(factor: number): DivergenceWatch {
  let recent: number[] = [];
  let best: number | null = null;
  return {
    add(loss) {
      if (factor === 0) return undefined;
      recent = [...recent, loss].slice(-WINDOW);
      if (recent.length < WINDOW) return undefined;
      const mean = recent.reduce((sum, value) => sum + value, 0) / WINDOW;
      if (best === null || mean < best) best = mean;
      return mean > factor * Math.max(0, best) + SLACK + Math.min(0, best)
        ? { mean, best }
        : undefined;
    },
    get state() {
      return { recent, best };
    },
    set state(to) {
      recent = [...to.recent];
      best = to.best;
    },
  };
}
