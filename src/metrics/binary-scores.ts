/** Scores of yes-or-no classifiers that give a probability. */

import { checkPairs } from "./check.ts";

/**
 * Area under the ROC curve: the probability that a positive scores above a negative, equal scores
 * counting half. NaN without both kinds.
 *
 * @example auroc([0.9, 0.8, 0.3], [true, false, false]) // 1
 */
export function auroc(scores: readonly number[], labels: readonly boolean[]): number {
  checkPairs("auroc", scores, labels);
  const order = scores.map((_, i) => i).sort((a, b) => scores[a]! - scores[b]!);
  const positives = labels.filter(Boolean).length;
  let ranks = 0; // of positives, from 1, equal scores sharing their mean
  for (let start = 0, end: number; start < order.length; start = end) {
    end = start + 1;
    while (end < order.length && scores[order[end]!] === scores[order[start]!]) end++;
    const own = order.slice(start, end).filter((i) => labels[i]).length;
    ranks += own * ((start + 1 + end) / 2);
  }
  return (ranks - (positives * (positives + 1)) / 2) / (positives * (labels.length - positives));
}

/**
 * Expected calibration error (Naeini et al. 2015): how far mean probability and share of positives
 * differ in bins of equal width, weighted by what falls into them.
 */
export function expectedCalibrationError(
  probabilities: readonly number[],
  labels: readonly boolean[],
  bins = 10,
): number {
  checkPairs("expectedCalibrationError", probabilities, labels);
  const sums = Array.from({ length: bins }, () => 0);
  for (const [i, p] of probabilities.entries()) {
    sums[Math.min(bins - 1, Math.floor(p * bins))]! += p - (labels[i] ? 1 : 0);
  }
  return sums.reduce((total, each) => total + Math.abs(each), 0) / labels.length;
}
