/** Spectrogram frames that are predicted one by one, and where they stop (Tacotron 2). */

import { abs, add, mul, neg, square, sub, where } from "../../graph/ops/elementwise.ts";
import { softplus } from "../../graph/ops/math.ts";
import { mean } from "../../graph/ops/reduce.ts";
import type { Tensor } from "../../graph/tensor.ts";

/**
 * |error| + error² of each frame, as a mean over its features (Shen et al. 2018; fairseq adds L1 to
 * the paper's square). Taken of the frames before and after the postnet, and added.
 *
 * @param predicted [batch, time, features]
 * @param target [batch, time, features]
 * @param valid bool [batch, time]: false is padding
 * @returns [batch, time], 0 at padding
 */
export function frameLoss(predicted: Tensor, target: Tensor, valid: Tensor): Tensor {
  const error = sub(predicted, target);
  return where(valid, mean(add(abs(error), square(error)), { axes: [2] }), 0);
}

/**
 * Binary cross-entropy of where the sound stops, in which the one last frame weighs more.
 *
 * @param logits [batch, time]
 * @param stops [batch, time]: 1 at the last frame, else 0
 * @param valid bool [batch, time]: false is padding
 * @param positiveWeight of a frame that stops (5 in fairseq)
 * @returns [batch, time], 0 at padding
 */
export function stopLoss(logits: Tensor, stops: Tensor, valid: Tensor, positiveWeight = 5): Tensor {
  const missed = mul(mul(stops, positiveWeight), softplus(neg(logits)));
  const early = mul(sub(1, stops), softplus(logits));
  return where(valid, add(missed, early), 0);
}
