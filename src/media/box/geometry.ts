/** Boxes and the images they lie in: clipping, and what a resize does to them. */

import type { Box } from "../types.ts";

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
