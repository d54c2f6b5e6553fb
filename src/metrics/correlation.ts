/** Correlation of two lists of numbers. */

import { checkPairs } from "./check.ts";

/**
 * Pearson's correlation, cov(x, y) / (σx·σy); -1 to 1, NaN where a side is constant.
 * @throws Error when the lists differ in length or hold fewer than two numbers
 * @example pearson([1, 2, 3], [2, 4, 6]) // 1
 */
export function pearson(x: readonly number[], y: readonly number[]): number {
  checkPairs("correlation", x, y);
  if (x.length < 2) throw new Error("correlation: one pair has none; give at least two");
  const center = (values: readonly number[]) => {
    const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
    return values.map((v) => v - mean);
  };
  const dot = (a: readonly number[], b: readonly number[]) =>
    a.reduce((sum, v, i) => sum + v * b[i]!, 0);
  const [a, b] = [center(x), center(y)];
  return Math.max(-1, Math.min(1, dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))));
}

/** Spearman's correlation: Pearson's over ranks, equal values sharing their mean rank. */
export const spearman = (x: readonly number[], y: readonly number[]): number =>
  pearson(ranksOf(x), ranksOf(y));

function ranksOf(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((a, b) => values[a]! - values[b]!);
  const ranks = new Array<number>(values.length);
  for (let start = 0, end: number; start < order.length; start = end) {
    end = start + 1;
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++;
    for (let k = start; k < end; k++) ranks[order[k]!] = (start + end + 1) / 2;
  }
  return ranks;
}
