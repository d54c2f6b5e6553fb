/** Cross-entropy with label smoothing, over the vocabulary or over a closed set. */

import {
  add,
  cast,
  div,
  equal,
  maximum,
  mul,
  neg,
  notEqual,
  sub,
  where,
} from "../../graph/ops/elementwise.ts";
import { gatherElements } from "../../graph/ops/gather.ts";
import { crossEntropy } from "../../graph/ops/loss.ts";
import { sum } from "../../graph/ops/reduce.ts";
import { expandDims, squeeze } from "../../graph/ops/reshape.ts";
import { logSoftmax } from "../../graph/ops/softmax.ts";
import { shapeError, type Tensor } from "../../graph/tensor.ts";

export interface SmoothedCrossEntropyOptions {
  /** Share ε of the target that is spread over other classes (default 0). */
  readonly smoothing?: number;
  /** Label whose rows have loss and gradient 0 (default -100). */
  readonly ignoreIndex?: number;
  /**
   * bool or number [rows, classes] or [1, classes]: the closed set each label is from. Others have
   * no probability and no part in the smoothing.
   */
  readonly allowed?: Tensor;
}

/** Stands for -Infinity: a row that allows nothing stays finite. */
const NEVER = -1e9;

/**
 * (1 - ε - ε_i) · NLL + ε_i · Σ_v -log p_v per row, with ε_i = ε / (classes - 1), or over the
 * allowed ones: fairseq's and OFA's `label_smoothed_nll_loss`. The label's target is 1 - ε, that of
 * each other class ε_i. (`crossEntropy`'s own smoothing follows PyTorch and includes the label.)
 * A set of one label has loss 0. A label outside its set has a loss of about 1e9: it is an error in
 * the data.
 *
 * @param logits [rows, classes]
 * @param labels i64 [rows]
 * @returns [rows]
 * @example
 * const losses = smoothedCrossEntropy(logits, labels, { smoothing: 0.1, allowed });
 */
export function smoothedCrossEntropy(
  logits: Tensor,
  labels: Tensor,
  { smoothing = 0, ignoreIndex = -100, allowed }: SmoothedCrossEntropyOptions = {},
): Tensor {
  if (!allowed) {
    if (smoothing === 0) return crossEntropy(logits, labels, { ignoreIndex });
    const classes = logits.shape[1];
    if (typeof classes !== "number" || classes < 2) {
      throw shapeError("smoothedCrossEntropy", "smoothing needs two classes or more", [logits]);
    }
    // The same target in PyTorch's words: its share goes to all classes, the label's included.
    const labelSmoothing = (smoothing * classes) / (classes - 1);
    return crossEntropy(logits, labels, { ignoreIndex, labelSmoothing });
  }
  const isAllowed = allowed.dtype === "bool" ? allowed : notEqual(allowed, 0);
  const masked = where(isAllowed, logits, NEVER);
  if (smoothing === 0) return crossEntropy(masked, labels, { ignoreIndex });
  const isIgnored = equal(labels, ignoreIndex);
  const safe = where(isIgnored, 0, labels);
  const logProbs = logSoftmax(masked);
  const nll = neg(squeeze(gatherElements(logProbs, expandDims(safe, 1), 1), [1]));
  const spread = neg(sum(where(isAllowed, logProbs, 0), { axes: [1] }));
  const others = maximum(sub(sum(cast(isAllowed, logits.dtype), { axes: [1] }), 1), 1);
  const each = div(smoothing, others); // ε_i [rows] or [1]
  const loss = add(mul(sub(1 - smoothing, each), nll), mul(each, spread));
  return where(isIgnored, 0, loss);
}
