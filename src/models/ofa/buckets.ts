/** Which row of a table of relative positions a pair of places has. */

import { fromValues } from "../../graph/ndarray.ts";
import { add, equal, logicalAnd, sub, where } from "../../graph/ops/elementwise.ts";
import { gather } from "../../graph/ops/gather.ts";
import { constant, scalar } from "../../graph/ops/leaf.ts";
import { expandDims } from "../../graph/ops/reshape.ts";
import type { Tensor } from "../../graph/tensor.ts";

/** The distance of the last bucket but one; those beyond share the last. */
const LONGEST = 1023;

/**
 * Bucket of a distance in text (`make_token_bucket_position` in the reference): the distance itself
 * up to half of `buckets`, then one of the logarithms up to 1,023; mirrored for negative ones.
 *
 * @returns a row of 0 to 2 · buckets - 2
 */
export function textBucket(distance: number, buckets: number): number {
  const middle = Math.floor(buckets / 2);
  const far = Math.min(Math.abs(distance), LONGEST);
  if (far <= middle) return distance + buckets - 1;
  const share = Math.log(far / middle) / Math.log(LONGEST / middle);
  return Math.sign(distance) * (Math.ceil(share * (middle - 1)) + middle) + buckets - 1;
}

export const textBucketCount = (buckets: number): number => 2 * buckets - 1;

/**
 * @param at i64 [..., n]: places of the queries, below `span`
 * @param keys i64 [m]: places of the keys, below `span`
 * @returns i64 [..., n, m]
 */
export function textBuckets(at: Tensor, keys: Tensor, buckets: number, span: number): Tensor {
  const rows = Array.from({ length: 2 * span - 1 }, (_, i) => textBucket(i - span + 1, buckets));
  const table = constant(fromValues("i64", [rows.length], rows));
  return gather(table, add(differences(at, keys), span - 1));
}

/** Rows of an image's table: all differences, and three for the place before the image. */
export const imageBucketCount = (side: number): number => (2 * side - 1) ** 2 + 3;

/** A number for each place of a window; their differences tell the differences of places apart. */
export const imageCode = (row: number, column: number, side: number): number =>
  row * (2 * side - 1) + column;

/**
 * Rows for places given by their `imageCode`.
 *
 * @param at i64 [..., n]
 * @param keys i64 [m]
 * @returns i64 [..., n, m]
 */
export const imageBuckets = (at: Tensor, keys: Tensor, side: number): Tensor =>
  add(differences(at, keys), imageCode(side - 1, side - 1, side));

/**
 * Rows among image codes, of which the one at place 0 is what stands before the image.
 *
 * @param at i64 [..., n]: places in the sequence
 * @param keys i64 [m]
 * @param code i64 -> i64: the `imageCode` of places; that of 0 does not count
 */
export function codeBuckets(
  at: Tensor,
  keys: Tensor,
  side: number,
  code: (places: Tensor) => Tensor,
): Tensor {
  const row = (fromEnd: number): Tensor => scalar(imageBucketCount(side) - fromEnd, "i64");
  const from = equal(expandDims(at, -1), 0);
  const to = equal(keys, 0);
  const inside = imageBuckets(code(at), code(keys), side);
  const others = where(to, row(2), where(from, row(3), inside));
  return where(logicalAnd(from, to), row(1), others);
}

/** [..., n] and [m] -> [..., n, m] */
const differences = (at: Tensor, keys: Tensor): Tensor => sub(expandDims(at, -1), keys);
