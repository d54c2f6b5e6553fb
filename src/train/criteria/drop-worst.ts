/** Leaves out the hardest rows of a batch, whose labels are often wrong. */

import {
  cast,
  floor,
  less,
  logicalAnd,
  mul,
  stopGradient,
  where,
} from "../../graph/ops/elementwise.ts";
import { scatterAdd } from "../../graph/ops/gather.ts";
import { iota, zerosLike } from "../../graph/ops/leaf.ts";
import { sum } from "../../graph/ops/reduce.ts";
import { sort } from "../../graph/ops/sort.ts";
import type { Tensor } from "../../graph/tensor.ts";

/** More than any loss. */
const LAST = 1e30;

/**
 * Keeps the ⌊n · (1 - ratio)⌋ smallest of the n losses that count (OFA's `drop_worst_ratio`).
 * Divide the sum of what is kept by the number of rows that are.
 *
 * @param losses [rows]
 * @param counts bool [rows]: false for padding
 * @returns losses [rows], 0 where dropped; and bool [rows]: which are kept
 */
export function dropWorst(
  losses: Tensor,
  counts: Tensor,
  ratio: number,
): { readonly losses: Tensor; readonly kept: Tensor } {
  if (!(ratio >= 0 && ratio < 1)) {
    throw new RangeError(`dropWorst: the ratio is ${ratio}, expected one from 0 to below 1`);
  }
  const { dtype } = losses;
  const order = sort(where(counts, stopGradient(losses), LAST)).indices;
  // In doubles, and a little more: 10 · (1 - 0.9) is just below 1.
  const left = floor(mul(sum(cast(counts, "f64")), 1 - ratio + 1e-12));
  const isKept = cast(less(iota(losses.shape[0]!, "f64"), left), dtype);
  const places = scatterAdd(stopGradient(zerosLike(losses)), order, isKept, 0);
  const kept = logicalAnd(cast(places, "bool"), counts);
  return { losses: where(kept, losses, 0), kept };
}
