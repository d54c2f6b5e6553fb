/** Means of few seeds, with the intervals that few seeds deserve. */

export interface Estimate {
  readonly mean: number;
  /** Half the width of the 95 % interval by Student's t; infinite for a single value. */
  readonly margin: number;
  readonly low: number;
  readonly high: number;
  readonly values: readonly number[];
}

/**
 * Mean of values with its 95 % confidence interval.
 *
 * @example
 * const { low, high } = estimate([0.21, 0.18, 0.25]);
 */
export function estimate(values: readonly number[]): Estimate {
  const n = values.length;
  if (n === 0) throw new Error("estimate: no values");
  const mean = values.reduce((sum, v) => sum + v, 0) / n;
  const squares = values.reduce((sum, v) => sum + (v - mean) ** 2, 0);
  const margin =
    n === 1 ? Number.POSITIVE_INFINITY : tQuantile(n - 1) * Math.sqrt(squares / (n - 1) / n);
  return { mean, margin, low: mean - margin, high: mean + margin, values };
}

/** The 97.5 % quantile of Student's t: half of a 95 % interval, in standard errors. */
export function tQuantile(degrees: number): number {
  let [low, high] = [1.9, 13]; // 12.706 for one degree, 1.96 for infinitely many
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (tTail(middle, degrees) > 0.025) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Probability that Student's t exceeds `t` >= 0: half of the incomplete beta I_x(n/2, 1/2). */
function tTail(t: number, n: number): number {
  return incompleteBeta(n / (n + t * t), n / 2, 0.5) / 2;
}

/** Regularised incomplete beta function by Lentz's continued fraction (DLMF 8.17.22). */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(
    logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x),
  );
  let [c, d] = [1, 1 / (1 - ((a + b) * x) / (a + 1))];
  let fraction = d;
  for (let m = 1; m < 300; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    for (const term of [even, odd]) {
      d = 1 / (1 + term * d);
      c = 1 + term / c;
      fraction *= c * d;
    }
    if (Math.abs(c * d - 1) < 1e-15) break;
  }
  return (front * fraction) / a;
}

/** Stirling's series after shifting the argument up (DLMF 5.11.1). */
function logGamma(x: number): number {
  let shift = 0;
  let z = x;
  for (; z < 12; z++) shift -= Math.log(z);
  const inverse = 1 / (z * z);
  const series = (1 / 12 - inverse * (1 / 360 - inverse / 1260)) / z;
  return shift + (z - 0.5) * Math.log(z) - z + Math.log(2 * Math.PI) / 2 + series;
}
