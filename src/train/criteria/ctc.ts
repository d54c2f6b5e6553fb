/** Connectionist temporal classification: labels whose place in time is not known. */

import {
  add,
  exp,
  greater,
  less,
  log,
  logicalAnd,
  maximum,
  mul,
  neg,
  notEqual,
  sub,
  where,
} from "../../graph/ops/elementwise.ts";
import { gatherElements } from "../../graph/ops/gather.ts";
import { concat, pad, slice, stack } from "../../graph/ops/join.ts";
import { full, iota } from "../../graph/ops/leaf.ts";
import { broadcastTo, expandDims, reshape, squeeze, transpose } from "../../graph/ops/reshape.ts";
import { scan } from "../../graph/ops/scan.ts";
import { logSoftmax } from "../../graph/ops/softmax.ts";
import { type Dim, dimAdd, dimMul } from "../../graph/shape.ts";
import { shapeError, type Tensor } from "../../graph/tensor.ts";

export interface CtcOptions {
  /** i64 [batch]: frames of each row. */
  readonly frames: Tensor;
  /** i64 [batch]: labels of each row; those behind are not read. */
  readonly sizes: Tensor;
  /** Class that stands for no label (default 0). */
  readonly blank?: number;
  /** Rows with more labels than frames can hold have loss 0 instead of Infinity (default false). */
  readonly zeroInfinity?: boolean;
}

/** Stands for log 0: a path that cannot be. Finite, so that no gradient becomes NaN. */
const NEVER = -1e30;

/** log(e^a + e^b + …) */
function logAdd(...terms: readonly [Tensor, ...Tensor[]]): Tensor {
  const most = terms.reduce((a, b) => maximum(a, b));
  return add(most, log(terms.map((t) => exp(sub(t, most))).reduce((a, b) => add(a, b))));
}

/** [batch, states] with its columns `by` to the right. */
function shift(x: Tensor, by: number): Tensor {
  const padded = pad(x, 1, by, 0, NEVER);
  return slice(padded, 1, 0, x.shape[1]);
}

/**
 * -log p(labels | frames) per row, summed over all ways to place them: the forward recursion of
 * Graves et al. 2006, section 4.1, in log space, as PyTorch's `ctc_loss` without reduction. A row
 * that cannot be has an infinite loss and gradient 0.
 *
 * @param logits [batch, time, classes]
 * @param labels i64 [batch, length], length at least 1; padding is any class
 * @returns [batch]
 * @example
 * const losses = ctcLoss(logits, phones, { frames, sizes, blank: 1, zeroInfinity: true });
 */
export function ctcLoss(
  logits: Tensor,
  labels: Tensor,
  { frames, sizes, blank = 0, zeroInfinity = false }: CtcOptions,
): Tensor {
  if (logits.shape.length !== 3 || labels.shape.length !== 2) {
    throw shapeError("ctcLoss", "expected [batch, time, classes] and [batch, length]", [
      logits,
      labels,
    ]);
  }
  const [batch, time] = logits.shape as [Dim, Dim, Dim];
  const length = labels.shape[1]!;
  const states = dimAdd(dimMul(length, 2), 1);
  // blank, label, blank, label, …, blank: [batch, states]
  const blanks = full([batch, length], blank, "i64");
  const pairs = reshape(stack([blanks, labels], 2), [batch, dimMul(length, 2)]);
  const symbols = concat([pairs, full([batch, 1], blank, "i64")], 1);
  // A blank may be left out between labels that differ.
  const before = pad(slice(symbols, 1, 0, dimAdd(states, -2)), 1, 2, 0, blank);
  const maySkip = logicalAnd(notEqual(symbols, blank), notEqual(symbols, before));
  const places = broadcastTo(expandDims(symbols, 1), [batch, time, states]);
  const emitted = gatherElements(logSoftmax(logits), places, 2); // [batch, time, states]
  const column = expandDims(frames, 1);
  // Before the first frame every path is in front of the first two states.
  const start = pad(full([batch, 1], 0, logits.dtype), 1, 0, dimMul(length, 2), NEVER);
  const { carry } = scan(
    ([paths], [emission, at]) => {
      const next = add(
        logAdd(paths!, shift(paths!, 1), where(maySkip, shift(paths!, 2), NEVER)),
        emission!,
      );
      return { carry: [where(less(at!, column), next, paths!)] };
    },
    { init: [start], xs: [transpose(emitted, [1, 0, 2]), iota(time)] },
  );
  const end = expandDims(mul(sizes, 2), 1); // the last blank
  const last = gatherElements(carry[0]!, end, 1);
  const label = gatherElements(carry[0]!, maximum(sub(end, 1), 0), 1);
  const total = logAdd(last, where(greater(end, 0), label, NEVER));
  const isImpossible = less(total, NEVER / 2);
  const infinite = zeroInfinity ? 0 : Number.POSITIVE_INFINITY;
  return squeeze(where(isImpossible, infinite, neg(total)), [1]);
}
