/** Sums of exponentials over a vocabulary: most of what a beam search itself computes. */

/** Parts of a halving that the table knows; the rest is a polynomial. */
const PARTS = 64;
const STEP = Math.LN2 / PARTS;
const SCALE = PARTS / Math.LN2;

/** Terms below e^-40 are left out: a million of them are less than the last bit of an f64 sum. */
const DEEPEST = 40;
const powers = Float64Array.from({ length: Math.ceil(DEEPEST * SCALE) + 2 }, (_, k) =>
  Math.exp(-k * STEP),
);

/**
 * Sum of e^(score - most) over scores[start, end), within 1e-12 of its value and several times
 * faster than by `Math.exp`: e^-t = e^-(k · step) · e^r, the first factor from a table that stays
 * in the cache, the second a polynomial, for |r| is at most 0.0055.
 *
 * @param most none of the scores is above it
 */
export function sumExp(scores: Float32Array, start: number, end: number, most: number): number {
  let sum = 0;
  for (let i = start; i < end; i++) {
    const depth = most - scores[i]!;
    if (depth > DEEPEST) continue;
    const k = (depth * SCALE + 0.5) | 0;
    const r = k * STEP - depth;
    sum += powers[k]! * (1 + r * (1 + r * (0.5 + r * (1 / 6 + r * (1 / 24)))));
  }
  return sum;
}
