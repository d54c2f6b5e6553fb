/** How sure a score is, and whether two runs differ. All intervals are of 95 %. */

import { createRandom } from "../../nn/random.ts";

export type Interval = readonly [low: number, high: number];

const Z = 1.959963984540054; // 97.5 % quantile of the standard normal

export const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Sample standard deviation (n - 1) over sqrt(n), as lm-evaluation-harness; 0 for one value. */
export function standardError(values: readonly number[]): number {
  const n = values.length;
  if (n < 2) return 0;
  const mean = meanOf(values);
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (n - 1) / n);
}

/**
 * Standard error of a mean whose values depend on each other within a cluster (variants of one
 * question): Liang and Zeger's sandwich estimate, as in Miller, "Adding Error Bars to Evals" (2024).
 */
export function clusteredError(values: readonly number[], clusters: readonly string[]): number {
  const mean = meanOf(values);
  const sums = new Map<string, number>();
  for (const [i, value] of values.entries()) {
    const cluster = clusters[i]!;
    sums.set(cluster, (sums.get(cluster) ?? 0) + value - mean);
  }
  const squares = [...sums.values()].reduce((sum, each) => sum + each ** 2, 0);
  return Math.sqrt(squares) / values.length;
}

/** Around a mean, by the normal distribution. */
export const normalInterval = (mean: number, error: number): Interval => [
  mean - Z * error,
  mean + Z * error,
];

/**
 * Wilson's score interval of a share, which stays within 0 to 1 and is right for few items.
 *
 * @example wilsonInterval(8, 10) // [0.490, 0.943]
 */
export function wilsonInterval(successes: number, n: number): Interval {
  const share = successes / n;
  const middle = share + Z ** 2 / (2 * n);
  const half = Z * Math.sqrt((share * (1 - share)) / n + Z ** 2 / (4 * n ** 2));
  const scale = 1 + Z ** 2 / n;
  return [Math.max(0, (middle - half) / scale), Math.min(1, (middle + half) / scale)];
}

export interface Bootstrap {
  /** Standard deviation of the statistic over the samples. */
  readonly error: number;
  /** Percentiles 2.5 and 97.5. */
  readonly interval: Interval;
}

/** Resamples values with replacement. @param samples how often (default 1,000) */
export function bootstrap<T>(
  values: readonly T[],
  statistic: (values: readonly T[]) => number,
  { samples = 1000, seed = 0 } = {},
): Bootstrap {
  const random = createRandom(seed, "bootstrap");
  const drawn = Array.from({ length: samples }, () =>
    statistic(values.map(() => values[random.below(values.length)]!)),
  );
  const mean = meanOf(drawn);
  const squares = drawn.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { error: Math.sqrt(squares / (samples - 1)), interval: percentiles(drawn) };
}

/**
 * Probability of a split of the discordant pairs at least as uneven as this one, both ways, if
 * neither run were better: the exact McNemar test.
 *
 * @param onlyA items that only the first run has right; `onlyB`: only the second
 * @example mcnemar(1, 9) // 0.0215
 */
export function mcnemar(onlyA: number, onlyB: number): number {
  const n = onlyA + onlyB;
  const least = Math.min(onlyA, onlyB);
  let [tail, logChoose] = [0, 0];
  for (let k = 0; k <= least; k++) {
    if (k > 0) logChoose += Math.log(n - k + 1) - Math.log(k);
    tail += Math.exp(logChoose - n * Math.LN2);
  }
  return Math.min(1, 2 * tail);
}

export interface PairedDifference {
  /** Mean of b - a over the same items. */
  readonly difference: number;
  readonly interval: Interval;
  /** Of no difference, two-sided. */
  readonly p: number;
}

/** Resamples items, each with its values of both runs. @param samples how often (default 10,000) */
export function pairedBootstrap(
  a: readonly number[],
  b: readonly number[],
  { samples = 10_000, seed = 0 } = {},
): PairedDifference {
  const differences = a.map((value, i) => b[i]! - value);
  const random = createRandom(seed, "paired bootstrap");
  const n = differences.length;
  const means = new Float64Array(samples);
  let [below, above] = [0, 0];
  for (let s = 0; s < samples; s++) {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += differences[random.below(n)]!;
    means[s] = sum / n;
    if (sum <= 0) below++;
    if (sum >= 0) above++;
  }
  const p = Math.min(1, (2 * (Math.min(below, above) + 1)) / (samples + 1));
  return { difference: meanOf(differences), interval: percentiles([...means]), p };
}

/** Percentiles 2.5 and 97.5, between neighbours by their distance. */
export function percentiles(values: readonly number[]): Interval {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number): number => {
    const place = share * (sorted.length - 1);
    const below = Math.floor(place);
    const next = sorted[Math.min(below + 1, sorted.length - 1)]!;
    return sorted[below]! + (place - below) * (next - sorted[below]!);
  };
  return [at(0.025), at(0.975)];
}
