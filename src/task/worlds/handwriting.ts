/** Digits as if written by hand: the strokes of many writers, never twice the same. */

import { type Color, drawLine, type Point } from "../../media/draw/index.ts";
import type { Image } from "../../media/types.ts";
import { createRandom, type Random } from "../../nn/random.ts";
import { addGrain, createPaper, jitterColour, pickPaper } from "./paper.ts";
import { between, drawInSplit, type Split } from "./world.ts";

type Stroke = readonly Point[];

/**
 * Of each digit, the points that its strokes pass through; a slash ends a stroke. (0, 0) is the
 * middle, digits are 2 high.
 */
const STROKES: readonly (readonly Stroke[])[] = [
  "0.1,-1 -0.5,-0.55 -0.6,0.1 -0.35,0.85 0.15,0.95 0.58,0.4 0.55,-0.5 0.1,-1",
  "-0.35,-0.6 0.05,-1 0.05,0 0.05,1",
  "-0.5,-0.6 -0.1,-1 0.45,-0.8 0.45,-0.25 0,0.35 -0.55,0.95 / -0.55,0.95 0.6,0.95",
  "-0.5,-0.85 0.05,-1 0.5,-0.65 0.35,-0.15 -0.1,-0.02 / -0.1,-0.02 0.45,0.15 0.55,0.6 0.1,1 -0.55,0.85",
  "0.1,-1 -0.6,0.3 / -0.6,0.3 0.65,0.3 / 0.3,-0.3 0.3,1",
  "0.5,-1 -0.4,-1 / -0.4,-1 -0.48,-0.1 / -0.48,-0.1 0.1,-0.3 0.55,0.1 0.45,0.75 0,1 -0.55,0.8",
  "0.35,-1 -0.25,-0.5 -0.5,0.3 -0.25,0.9 0.25,0.95 0.5,0.5 0.2,0.05 -0.25,0.2 -0.45,0.5",
  "-0.55,-0.95 0.55,-0.95 / 0.55,-0.95 0.15,-0.1 -0.1,1",
  "0.35,-0.8 -0.1,-1 -0.45,-0.65 -0.1,-0.15 0.4,0.3 0.4,0.8 0,1 -0.45,0.75 -0.35,0.25 0.1,-0.15 0.45,-0.55 0.35,-0.8",
  "0.45,-0.55 0,-1 -0.45,-0.6 -0.3,-0.1 0.15,-0.1 0.45,-0.55 0.45,-0.1 0.3,1",
].map((digit) => digit.split(" / ").map((stroke) => stroke.split(" ").map(readPoint)));

function readPoint(text: string): Point {
  const [x, y] = text.split(",").map(Number);
  return [x, y];
}

const WRITERS = 128;

export interface HandwritingOptions {
  /** Width and height in pixels (default 64). */
  readonly size?: number;
}

/**
 * A written digit. Of 128 writers, each with a slant, a pen and shapes of digits of their own, one
 * in eight is held out.
 */
export function readDigits(
  random: Random,
  split: Split,
  options: HandwritingOptions = {},
): { readonly image: Image; readonly digit: string; readonly writer: number } {
  const { size = 64 } = options;
  const writer = drawInSplit("writers", split, () => random.below(WRITERS), String);
  const digit = random.below(10);
  const { rgb, isDark } = pickPaper(random);
  const image = createPaper(random, rgb, size);
  const ink = jitterColour(random, isDark ? [225, 225, 225] : [40, 40, 55], 25);
  const hand = createRandom(writer, "writer");
  const slant = between(hand, -0.25, 0.4) + between(random, -0.08, 0.08);
  const breadth = between(hand, 0.75, 1.15);
  const pen = size * between(hand, 0.03, 0.085) * between(random, 0.85, 1.15);
  const scale = size * between(random, 0.24, 0.36);
  const turn = between(random, -0.15, 0.15);
  const [cos, sin] = [Math.cos(turn) * scale, Math.sin(turn) * scale];
  const [x, y] = [size, size].map((side) => side / 2 + side * between(random, -0.07, 0.07));
  const shapes = createRandom(writer, `writer/${digit}`);
  for (const stroke of STROKES[digit]) {
    const points = stroke.map(([u, v]): Point => {
      const own = u + shapes.normal() * 0.05 + random.normal() * 0.03;
      const down = v + shapes.normal() * 0.05 + random.normal() * 0.03;
      const across = own * breadth - slant * down;
      return [x + across * cos - down * sin, y + across * sin + down * cos];
    });
    drawStroke(image, points, pen, ink);
  }
  addGrain(random, image);
  return { image, digit: `${digit}`, writer };
}

/** A smooth line through the points (a Catmull-Rom spline, five pieces from each to the next). */
function drawStroke(image: Image, points: readonly Point[], pen: number, ink: Color): void {
  let from = points[0];
  for (let i = 0; i + 1 < points.length; i++) {
    const [p0, p1, p2] = [points[Math.max(0, i - 1)], points[i], points[i + 1]];
    const p3 = points[Math.min(points.length - 1, i + 2)];
    const pieces = points.length === 2 ? 1 : 5;
    for (let piece = 1; piece <= pieces; piece++) {
      const t = piece / pieces;
      const at = (axis: 0 | 1) =>
        p1[axis] +
        0.5 * t * (p2[axis] - p0[axis]) +
        0.5 * t * t * (2 * p0[axis] - 5 * p1[axis] + 4 * p2[axis] - p3[axis]) +
        0.5 * t * t * t * (3 * p1[axis] - p0[axis] - 3 * p2[axis] + p3[axis]);
      const to: Point = [at(0), at(1)];
      drawLine(image, from, to, pen, ink);
      from = to;
    }
  }
}
