/** Scores of one multiple-choice item from the log-likelihoods of its choices. */

import type { LogLikelihood } from "../types.ts";

/** Names as lm-evaluation-harness has them. Of equal choices the first is taken. */
export const choiceMetrics = [
  "acc",
  "acc_norm",
  "acc_bytes",
  "acc_mutual_info",
  "exact_match",
  "brier_score",
] as const;
export type ChoiceMetric = (typeof choiceMetrics)[number];

export interface ChoiceScores {
  /** The choices' texts, without what stands before them. */
  readonly choices: readonly string[];
  readonly scores: readonly LogLikelihood[];
  /** Of the choices behind nothing, for acc_mutual_info. */
  readonly unconditional?: readonly LogLikelihood[];
  /** Right choices: one, or several of which any counts. */
  readonly gold: readonly number[];
}

/**
 * acc: likeliest choice; acc_norm: by log-likelihood over characters (Unicode code points, as
 * Python's len; texts often call it byte-normalised, which is acc_bytes); acc_bytes: over UTF-8
 * bytes; acc_mutual_info: less the likelihood behind nothing; exact_match: the right choice is what
 * greedy decoding gives; brier_score: squared distance of the choices' probabilities from the truth.
 */
export function scoreChoices(
  metric: ChoiceMetric,
  { choices, scores, unconditional, gold }: ChoiceScores,
): number {
  const logLikelihoods = scores.map(({ logLikelihood }) => logLikelihood);
  const isRight = (values: readonly number[]): number => (gold.includes(argmax(values)) ? 1 : 0);
  switch (metric) {
    case "acc":
      return isRight(logLikelihoods);
    case "acc_norm":
      return isRight(logLikelihoods.map((x, i) => x / [...choices[i]!].length));
    case "acc_bytes":
      return isRight(logLikelihoods.map((x, i) => x / Buffer.byteLength(choices[i]!)));
    case "acc_mutual_info":
      return isRight(logLikelihoods.map((x, i) => x - unconditional![i]!.logLikelihood));
    case "exact_match":
      return gold.some((i) => scores[i]!.isGreedy) ? 1 : 0;
    case "brier_score": {
      const most = Math.max(...logLikelihoods);
      const weights = logLikelihoods.map((x) => Math.exp(x - most));
      const sum = weights.reduce((a, b) => a + b, 0);
      return weights.reduce((s, w, i) => s + (w / sum - (gold.includes(i) ? 1 : 0)) ** 2, 0);
    }
  }
}

/** Of equal values the first. */
export const argmax = (values: readonly number[]): number =>
  values.reduce((best, value, i) => (value > values[best]! ? i : best), 0);
