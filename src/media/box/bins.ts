/** Boxes as words: each coordinate becomes one of a fixed number of bins (OFA's location tokens). */

import type { Box } from "../types.ts";

export interface BinOptions {
  /**
   * What the last bin stands for, in pixels. One number for both sides is OFA's rule for grounding:
   * the largest side that images have (512), whatever this one has, so that a bin is the same length
   * everywhere. Width and height of the resized image make bins shares of each side instead, as
   * OFA's demonstrations have them. Boxes must be decoded with what they were encoded with.
   */
  readonly size: number | readonly [width: number, height: number];
  /** How many bins there are; OFA has 1000, the default. */
  readonly bins?: number;
}

/**
 * Bins of a box's left, top, right and bottom: round(coordinate / size · (bins - 1)). The box lies in
 * the resized image. Coordinates outside `size` get the first or the last bin.
 *
 * @throws where a coordinate is no number, or `size` or `bins` make no scale
 * @example
 * boxToBins([0, 128, 256, 512], { size: 512 }); // [0, 250, 500, 999]
 */
export function boxToBins(box: Box, options: BinOptions): Box {
  const { size, last } = readScale("boxToBins", options);
  return mapBox(box, (coordinate, side) => {
    if (!Number.isFinite(coordinate)) {
      throw new Error(`boxToBins: a coordinate of [${box.join(", ")}] is not a finite number`);
    }
    return Math.min(last, Math.max(0, roundHalfEven((coordinate / size[side]) * last)));
  });
}

/**
 * The box that bins stand for, in pixels of the resized image: bin / (bins - 1) · size.
 *
 * @throws where a bin is not a whole number from 0 to bins - 1
 */
export function binsToBox(box: Box, options: BinOptions): Box {
  const { size, last } = readScale("binsToBox", options);
  return mapBox(box, (bin, side) => {
    if (!Number.isInteger(bin) || bin < 0 || bin > last) {
      throw new Error(`binsToBox: bin ${bin} is not a whole number from 0 to ${last}`);
    }
    return (bin / last) * size[side];
  });
}

function mapBox([left, top, right, bottom]: Box, map: (value: number, side: 0 | 1) => number): Box {
  return [map(left, 0), map(top, 1), map(right, 0), map(bottom, 1)];
}

function readScale(
  caller: string,
  { size, bins = 1000 }: BinOptions,
): { size: readonly [number, number]; last: number } {
  const sides = typeof size === "number" ? ([size, size] as const) : size;
  if (!sides.every((side) => side > 0 && Number.isFinite(side))) {
    throw new Error(`${caller}: size is ${sides.join(" x ")}; expected pixels above 0`);
  }
  if (!Number.isInteger(bins) || bins < 2) {
    throw new Error(`${caller}: bins is ${bins}; expected a whole number from 2`);
  }
  return { size: sides, last: bins - 1 };
}

/** As torch.round and Python's round: 2.5 becomes 2. */
function roundHalfEven(x: number): number {
  const rounded = Math.round(x);
  return rounded - x === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}
