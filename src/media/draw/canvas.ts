/** A picture that shapes are drawn on, and the one way a shape gets onto it. */

import type { Image } from "../types.ts";

/** Red, green, blue: integers from 0 to 255. */
export type Color = readonly [red: number, green: number, blue: number];

/** A picture that can still be drawn on: 8-bit RGB, [height, width, 3]. */
export interface Canvas {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

const maximumPixels = 2 ** 26;

/**
 * An empty picture to draw on.
 * @param width Pixels.
 * @param height Pixels.
 * @throws If a side is not a positive integer, or there are more than 2^26 pixels.
 * @example
 * const canvas = createCanvas(64, 64, [255, 255, 255]);
 * fillEllipse(canvas, [8, 8, 40, 40], [200, 30, 30]);
 * const image = toImage(canvas);
 */
export function createCanvas(
  width: number,
  height: number,
  background: Color = [255, 255, 255],
): Canvas {
  const positive = Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0;
  if (!positive || width * height > maximumPixels) {
    const limit = `two positive integers with at most ${maximumPixels} pixels`;
    throw new RangeError(`a canvas of ${width} x ${height} cannot be made: expected ${limit}`);
  }
  const data = new Uint8Array(width * height * 3);
  const [red, green, blue] = background;
  for (let at = 0; at < data.length; at += 3) {
    data[at] = red;
    data[at + 1] = green;
    data[at + 2] = blue;
  }
  return { width, height, data };
}

/** What has been drawn so far, as an image of its own. */
export function toImage(canvas: Canvas): Image {
  return { width: canvas.width, height: canvas.height, data: canvas.data.slice() };
}

/** Coverage is sampled at 4 x 4 points a pixel. */
const samples = 4;

/**
 * Where a horizontal line at height `y` enters and leaves a shape: it writes the places to
 * `crossings` as pairs from left to right and returns how many places they are.
 */
export type Crossings = (y: number, crossings: number[]) => number;

/**
 * Paints a shape; of a pixel at its edge, the share of 16 sample points that lie within it.
 * Going by spans instead of points costs time in proportion to the shape's height, not its area.
 */
export function fillShape(
  canvas: Canvas,
  top: number,
  bottom: number,
  crossingsAt: Crossings,
  color: Color,
): void {
  if (!Number.isFinite(top + bottom)) {
    throw new RangeError(`a shape from height ${top} to ${bottom} cannot be drawn: not finite`);
  }
  const { width, height, data } = canvas;
  const coverage = new Uint8Array(width);
  const crossings: number[] = [];
  const lastRow = Math.min(height, Math.ceil(bottom));
  for (let row = Math.max(0, Math.floor(top)); row < lastRow; row++) {
    let left = width;
    let right = 0;
    for (let sample = 0; sample < samples; sample++) {
      const count = crossingsAt(row + (sample + 0.5) / samples, crossings);
      for (let pair = 0; pair + 1 < count; pair += 2) {
        // Sample points lie at (i + 1/2) / 4; those of a span are first <= i < end.
        const first = Math.max(0, Math.ceil(crossings[pair]! * samples - 0.5));
        const end = Math.min(width * samples, Math.ceil(crossings[pair + 1]! * samples - 0.5));
        if (first >= end) continue;
        const from = first >> 2;
        const to = (end - 1) >> 2;
        left = Math.min(left, from);
        right = Math.max(right, to + 1);
        if (from === to) {
          coverage[from]! += end - first;
          continue;
        }
        coverage[from]! += samples - (first & 3);
        for (let x = from + 1; x < to; x++) coverage[x]! += samples;
        coverage[to]! += ((end - 1) & 3) + 1;
      }
    }
    for (let x = left; x < right; x++) {
      const share = coverage[x]!;
      coverage[x] = 0;
      if (share === 0) continue;
      const at = (row * width + x) * 3;
      for (let channel = 0; channel < 3; channel++) {
        const below = data[at + channel]! * (samples * samples - share);
        data[at + channel] = (below + color[channel]! * share + 8) >> 4;
      }
    }
  }
}
