/** Pairs that belong together against all others of the batch. */

import { add, div, exp, maximum, minimum, mul, sqrt, square } from "../../graph/ops/elementwise.ts";
import { iota } from "../../graph/ops/leaf.ts";
import { crossEntropy } from "../../graph/ops/loss.ts";
import { matmul } from "../../graph/ops/matmul.ts";
import { sum } from "../../graph/ops/reduce.ts";
import { transpose } from "../../graph/ops/reshape.ts";
import type { Tensor } from "../../graph/tensor.ts";

/** What CLIP starts its learned scale at: a temperature of 0.07. */
export const initialLogScale = Math.log(1 / 0.07);

/** CLIP keeps logits from being scaled by more than 100. */
const MOST_LOG_SCALE = Math.log(100);

/** [rows, width], each row of length 1. */
function unit(x: Tensor): Tensor {
  const length = sqrt(sum(square(x), { axes: [1], keepDims: true }));
  return div(x, maximum(length, 1e-12));
}

/**
 * Symmetric contrastive loss per pair (Radford et al. 2021, CLIP, figure 3): the mean of finding
 * row i of `right` from row i of `left` among all, and the reverse.
 *
 * @param left [pairs, width], of any length
 * @param right [pairs, width]
 * @param logScale []: log of what cosines are multiplied by; a parameter, see `initialLogScale`
 * @returns [pairs]
 */
export function contrastiveLoss(left: Tensor, right: Tensor, logScale: Tensor): Tensor {
  const scale = exp(minimum(logScale, MOST_LOG_SCALE));
  const logits = mul(matmul(unit(left), transpose(unit(right))), scale);
  const labels = iota(left.shape[0]!);
  const both = add(crossEntropy(logits, labels), crossEntropy(transpose(logits), labels));
  return mul(both, 0.5);
}
