/** Areas of boxes, and boxes through a resize. */

import type { Box } from "../types.ts";

/** Width times height; 0 where right is left of left, or bottom above top. */
export function boxArea([left, top, right, bottom]: Box): number {
  return Math.max(0, right - left) * Math.max(0, bottom - top);
}

/**
 * Intersection over union, 0 to 1; 0 where both boxes are empty.
 *
 * @example
 * iou([0, 0, 2, 2], [1, 0, 3, 2]); // 2 / 6
 */
export function iou(a: Box, b: Box): number {
  const overlap = boxArea([
    Math.max(a[0], b[0]),
    Math.max(a[1], b[1]),
    Math.min(a[2], b[2]),
    Math.min(a[3], b[3]),
  ]);
  const union = boxArea(a) + boxArea(b) - overlap;
  return union > 0 ? overlap / union : 0;
}

/** The part of a box that lies in an image of `width` x `height`. */
export function clipBox([left, top, right, bottom]: Box, width: number, height: number): Box {
  const within = (value: number, side: number): number => Math.min(side, Math.max(0, value));
  return [within(left, width), within(top, height), within(right, width), within(bottom, height)];
}

/** A box of an image as it lies in the resized image: x times `scaleX`, y times `scaleY`. */
export function scaleBox([left, top, right, bottom]: Box, scaleX: number, scaleY: number): Box {
  return [left * scaleX, top * scaleY, right * scaleX, bottom * scaleY];
}

/** What an image is resized to, and how far: new width = scaleX · old width. */
export interface ResizePlan {
  readonly width: number;
  readonly height: number;
  readonly scaleX: number;
  readonly scaleY: number;
}

/**
 * The size with the same aspect whose longer side is `maxSide`; the shorter one is rounded to whole
 * pixels, at least 1. Smaller images are enlarged, unless `enlarge` is false.
 *
 * @throws where a side is not a whole number of pixels from 1
 * @example
 * const plan = fitWithin(1920, 1080, 512); // 512 x 288
 * const small = resize(image, plan.width, plan.height);
 * const moved = scaleBox(box, plan.scaleX, plan.scaleY);
 */
export function fitWithin(
  width: number,
  height: number,
  maxSide: number,
  { enlarge = true }: { readonly enlarge?: boolean } = {},
): ResizePlan {
  for (const [name, side] of Object.entries({ width, height, maxSide })) {
    if (!Number.isInteger(side) || side < 1) {
      throw new Error(`fitWithin: ${name} is ${side}; expected a whole number of pixels from 1`);
    }
  }
  const longer = Math.max(width, height);
  const target = enlarge ? maxSide : Math.min(maxSide, longer);
  const shrink = (side: number): number => Math.max(1, Math.round((side * target) / longer));
  const fitted = { width: shrink(width), height: shrink(height) };
  return { ...fitted, scaleX: fitted.width / width, scaleY: fitted.height / height };
}
