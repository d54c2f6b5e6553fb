/** Shapes on a canvas. Places are in pixels from the top left corner: pixel i covers i to i + 1. */

import type { Box } from "../types.ts";
import { type Canvas, type Color, fillShape } from "./canvas.ts";

export type Point = readonly [x: number, y: number];

/**
 * A filled rectangle.
 * @example
 * fillRect(canvas, [4, 4, 20, 12], [0, 0, 255]);
 */
export function fillRect(canvas: Canvas, box: Box, color: Color): void {
  const [left, top, right, bottom] = box;
  const across = (y: number, crossings: number[]): number => {
    if (y < top || y >= bottom) return 0;
    crossings[0] = left;
    crossings[1] = right;
    return 2;
  };
  fillShape(canvas, top, bottom, across, color);
}

/** A filled ellipse that touches the four sides of a box. */
export function fillEllipse(canvas: Canvas, box: Box, color: Color): void {
  const [left, top, right, bottom] = box;
  const radius = (right - left) / 2;
  const across = (y: number, crossings: number[]): number => {
    const height = ((y - top) / (bottom - top)) * 2 - 1;
    const half = radius * Math.sqrt(1 - height * height);
    if (!(half > 0)) return 0;
    crossings[0] = left + radius - half;
    crossings[1] = left + radius + half;
    return 2;
  };
  fillShape(canvas, top, bottom, across, color);
}

/** A filled polygon; where its outline crosses itself, by the even-odd rule. */
export function fillPolygon(canvas: Canvas, points: readonly Point[], color: Color): void {
  if (points.length < 3) return;
  const across = (y: number, crossings: number[]): number => {
    let count = 0;
    let [fromX, fromY] = points[points.length - 1]!;
    for (const [x, toY] of points) {
      if (fromY <= y !== toY <= y) {
        crossings[count++] = fromX + ((y - fromY) / (toY - fromY)) * (x - fromX);
      }
      fromX = x;
      fromY = toY;
    }
    sortFirst(crossings, count);
    return count;
  };
  const heights = points.map(([, y]) => y);
  fillShape(canvas, Math.min(...heights), Math.max(...heights), across, color);
}

/** Sorts the first `count` numbers: by insertion, since there are few. */
function sortFirst(numbers: number[], count: number): void {
  for (let next = 1; next < count; next++) {
    const number = numbers[next]!;
    let at = next;
    for (; at > 0 && numbers[at - 1]! > number; at--) numbers[at] = numbers[at - 1]!;
    numbers[at] = number;
  }
}

/**
 * A straight line with round ends.
 * @param width Of the line, in pixels.
 * @example
 * drawLine(canvas, [8, 8], [40, 24], 3, [0, 0, 0]);
 */
export function drawLine(
  canvas: Canvas,
  from: Point,
  to: Point,
  width: number,
  color: Color,
): void {
  const radius = width / 2;
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const length = Math.hypot(dx, dy);
  // Half the width, at a right angle to the line.
  const [sideX, sideY] = length > 0 ? [(-dy / length) * radius, (dx / length) * radius] : [0, 0];
  const corners: readonly Point[] = [
    [from[0] + sideX, from[1] + sideY],
    [to[0] + sideX, to[1] + sideY],
    [to[0] - sideX, to[1] - sideY],
    [from[0] - sideX, from[1] - sideY],
  ];
  // Two discs and the rectangle between them together are convex: one span a height.
  const across = (y: number, crossings: number[]): number => {
    let left = Number.POSITIVE_INFINITY;
    let right = Number.NEGATIVE_INFINITY;
    for (const [x, centre] of [from, to]) {
      const half = Math.sqrt(radius * radius - (y - centre) ** 2);
      if (!(half > 0)) continue;
      left = Math.min(left, x - half);
      right = Math.max(right, x + half);
    }
    let [fromX, fromY] = corners[3]!;
    for (const [x, toY] of corners) {
      if (fromY <= y !== toY <= y) {
        const crossing = fromX + ((y - fromY) / (toY - fromY)) * (x - fromX);
        left = Math.min(left, crossing);
        right = Math.max(right, crossing);
      }
      fromX = x;
      fromY = toY;
    }
    crossings[0] = left;
    crossings[1] = right;
    return left < right ? 2 : 0;
  };
  const [top, bottom] = [Math.min(from[1], to[1]) - radius, Math.max(from[1], to[1]) + radius];
  fillShape(canvas, top, bottom, across, color);
}
