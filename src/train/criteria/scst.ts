/** Self-critical training: sentences are learnt by their metric, such as CIDEr-D. */

import { mul } from "../../graph/ops/elementwise.ts";
import { crossEntropy } from "../../graph/ops/loss.ts";
import type { Tensor } from "../../graph/tensor.ts";

/**
 * Each sentence's reward minus the mean of the others of the same source (SCST, Rennie et al. 2017,
 * with the leave-one-out baseline that OFA uses over its five hypotheses).
 *
 * @param rewards of the sentences of one source: two or more
 * @example scstWeights([3, 1, 2]); // [1.5, -1.5, 0]
 */
export function scstWeights(rewards: readonly number[]): number[] {
  if (rewards.length < 2) {
    throw new RangeError(
      `scstWeights: there are ${rewards.length} rewards, expected 2 or more of one source`,
    );
  }
  const wrong = rewards.find((reward) => !Number.isFinite(reward));
  if (wrong !== undefined) {
    throw new RangeError(`scstWeights: a reward is ${wrong}, expected a finite number`);
  }
  const total = rewards.reduce((sum, reward) => sum + reward, 0);
  return rewards.map((reward) => reward - (total - reward) / (rewards.length - 1));
}

/**
 * Negative log-likelihood of each token, times the weight of its sentence.
 *
 * @param logits [rows, classes]
 * @param labels i64 [rows]: tokens of the sentences, -100 at padding
 * @param weights [rows]: {@link scstWeights} of the sentence a row belongs to
 * @returns [rows]
 */
export const scstLoss = (logits: Tensor, labels: Tensor, weights: Tensor): Tensor =>
  mul(crossEntropy(logits, labels), weights);
