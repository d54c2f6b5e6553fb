/** Cross-entropy over classes. */

import { apply, type Op, shapeError, type Tensor } from "../tensor.ts";
import { add, cast, equal, exp, logicalNot, mul, neg, sub, where } from "./elementwise.ts";
import { gatherElements, scatterAdd } from "./gather.ts";
import { mean, sum } from "./reduce.ts";
import { expandDims, squeeze } from "./reshape.ts";
import { logSoftmax } from "./softmax.ts";

export interface CrossEntropyOptions {
  /** Label whose rows have loss and gradient 0 (default -100, as in PyTorch). */
  readonly ignoreIndex?: number;
  /** Share of the target spread evenly over all classes (default 0). */
  readonly labelSmoothing?: number;
}

type CrossEntropyAttrs = Required<CrossEntropyOptions>;

/** Rows that count, and labels with the ignored ones replaced by a valid class. */
function kept(labels: Tensor, ignoreIndex: number): { keep: Tensor; safe: Tensor } {
  const keep = logicalNot(equal(labels, ignoreIndex));
  return { keep, safe: where(keep, labels, 0) };
}

/** Outputs: loss [rows], log-probabilities [rows, classes] for the gradient. */
const crossEntropyOp: Op<CrossEntropyAttrs> = {
  name: "crossEntropy",
  infer([logits, labels]) {
    const fits =
      logits.shape.length === 2 &&
      labels.shape.length === 1 &&
      `${labels.shape[0]}` === `${logits.shape[0]}`;
    if (!fits) throw shapeError("crossEntropy", "logits and labels do not fit", [logits, labels]);
    if (labels.dtype !== "i64") throw shapeError("crossEntropy", "labels are not i64", [labels]);
    return [{ dtype: logits.dtype, shape: labels.shape }, logits];
  },
  expand([logits, labels], { ignoreIndex, labelSmoothing }) {
    const { keep, safe } = kept(labels, ignoreIndex);
    const logProbs = logSoftmax(logits);
    const picked = squeeze(gatherElements(logProbs, expandDims(safe, 1), 1), [1]);
    let loss = neg(picked);
    if (labelSmoothing > 0) {
      const spread = neg(mean(logProbs, { axes: [1] }));
      loss = add(mul(loss, 1 - labelSmoothing), mul(spread, labelSmoothing));
    }
    return [where(keep, loss, 0), logProbs];
  },
  grad({ inputs: [logits, labels], outputs: [, logProbs], attrs }, [g, gLogProbs]) {
    const { keep, safe } = kept(labels, attrs.ignoreIndex);
    // d loss / d logits = weight · (softmax - target), target = (1 - s) onehot + s / classes.
    const weight = expandDims(mul(g!, cast(keep, g!.dtype)), 1); // [rows, 1]
    const probabilities = mul(exp(logProbs), weight);
    const classes = logits.shape[1];
    let spread = probabilities;
    if (attrs.labelSmoothing > 0) {
      if (typeof classes !== "number") {
        throw shapeError("crossEntropy", "label smoothing needs a fixed class count", [logits]);
      }
      spread = sub(spread, mul(weight, attrs.labelSmoothing / classes));
    }
    const target = mul(weight, attrs.labelSmoothing - 1);
    const direct = scatterAdd(spread, expandDims(safe, 1), target, 1);
    return [gLogProbs ? add(direct, logSoftmaxGrad(gLogProbs, logProbs)) : direct, undefined];
  },
};

/** Gradient through the log-probabilities, met only in second derivatives. */
function logSoftmaxGrad(g: Tensor, logProbs: Tensor): Tensor {
  return sub(g, mul(exp(logProbs), sum(g, { axes: [1], keepDims: true })));
}

/**
 * Negative log-likelihood of each row's label, without reduction: take `sum` and divide by the
 * number of supervised rows of the whole batch.
 *
 * @param logits [rows, classes]
 * @param labels i64 [rows]
 * @returns [rows], 0 where the label is `ignoreIndex`
 */
export function crossEntropy(
  logits: Tensor,
  labels: Tensor,
  { ignoreIndex = -100, labelSmoothing = 0 }: CrossEntropyOptions = {},
): Tensor {
  return apply(crossEntropyOp, [logits, labels], { ignoreIndex, labelSmoothing })[0];
}
