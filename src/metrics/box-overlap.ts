/** How far boxes overlap. */

import { meanOver } from "./check.ts";

/** Left, top, right, bottom, in any unit that both boxes share. */
export type BoxLike = readonly [left: number, top: number, right: number, bottom: number];

/**
 * Intersection over union of two boxes, 0 to 1. Boxes without area overlap nothing; sides in the
 * wrong order count as no area.
 * @example boxOverlap([0, 0, 2, 2], [1, 0, 3, 2]) // 0.333…
 */
export function boxOverlap(a: BoxLike, b: BoxLike): number {
  const area = ([left, top, right, bottom]: BoxLike) =>
    Math.max(0, right - left) * Math.max(0, bottom - top);
  const shared = area([
    Math.max(a[0], b[0]),
    Math.max(a[1], b[1]),
    Math.min(a[2], b[2]),
    Math.min(a[3], b[3]),
  ]);
  return shared === 0 ? 0 : shared / (area(a) + area(b) - shared);
}

/**
 * Share of boxes that overlap their reference by at least the threshold; 0 to 1, higher is better.
 * @param threshold of the intersection over union (default 0.5: "acc@0.5" of RefCOCO)
 */
export const iouAccuracy = (
  predictions: readonly BoxLike[],
  references: readonly BoxLike[],
  threshold = 0.5,
): number =>
  meanOver("iou_acc", predictions, references, (a, b) => (boxOverlap(a, b) >= threshold ? 1 : 0));

/** Mean intersection over union; 0 to 1, higher is better. */
export const meanIou = (predictions: readonly BoxLike[], references: readonly BoxLike[]): number =>
  meanOver("mean IoU", predictions, references, boxOverlap);
