/** Coloured shapes, as outlines that can be turned and scaled. */

import { type Canvas, type Color, fillPolygon, type Point } from "../../media/draw/index.ts";
import type { Box } from "../../media/types.ts";

export const SHAPES = ["circle", "square", "triangle", "star", "cross", "ring"] as const;
export type Shape = (typeof SHAPES)[number];

export const COLOURS = {
  red: [215, 40, 40],
  green: [40, 160, 60],
  blue: [45, 80, 220],
  yellow: [240, 215, 40],
  orange: [245, 130, 20],
  purple: [130, 45, 175],
  pink: [250, 135, 195],
  cyan: [45, 200, 215],
} as const satisfies Record<string, Color>;
export type Colour = keyof typeof COLOURS;
export const COLOUR_NAMES = Object.keys(COLOURS) as Colour[];

/** Points on circles around (0, y), the first one on top. */
const around = (count: number, radii: readonly number[], y = 0): Point[] =>
  Array.from({ length: count }, (_, i) => {
    const angle = (2 * Math.PI * i) / count;
    const radius = radii[i % radii.length];
    return [radius * Math.sin(angle), y - radius * Math.cos(angle)];
  });

const closed = (points: Point[]): Point[] => [...points, points[0]];

/** Of about radius 1; the middle of each one's box is (0, 0). */
const OUTLINES: Readonly<Record<Shape, readonly Point[]>> = {
  circle: around(32, [0.95]),
  square: [
    [-0.84, -0.84],
    [0.84, -0.84],
    [0.84, 0.84],
    [-0.84, 0.84],
  ],
  triangle: around(3, [1.15], 0.28),
  star: around(10, [1.15, 0.48], 0.11),
  cross: [0, 1, 2, 3].flatMap((quarter) => {
    const [cos, sin] = [[1, 0, -1, 0][quarter], [0, 1, 0, -1][quarter]];
    const arm: Point[] = [
      [-0.3, -0.98],
      [0.3, -0.98],
      [0.3, -0.3],
    ];
    return arm.map(([x, y]): Point => [x * cos - y * sin, x * sin + y * cos]);
  }),
  // By the even-odd rule the inner circle is a hole, and the way to it and back is nothing.
  ring: [...closed(around(32, [0.98])), ...closed(around(32, [0.54]))],
};

export interface Figure {
  readonly shape: Shape;
  readonly rgb: Color;
  /** Centre and radius in pixels. */
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  /** Radians, clockwise. */
  readonly angle: number;
}

/**
 * Draws a figure.
 *
 * @returns the box around it in whole pixels, clipped to the canvas
 */
export function drawFigure(canvas: Canvas, { shape, rgb, x, y, radius, angle }: Figure): Box {
  const [cos, sin] = [Math.cos(angle) * radius, Math.sin(angle) * radius];
  const points = OUTLINES[shape].map(
    ([u, v]): Point => [x + u * cos - v * sin, y + u * sin + v * cos],
  );
  fillPolygon(canvas, points, rgb);
  const clip = (value: number, limit: number) => Math.min(limit, Math.max(0, Math.round(value)));
  const [xs, ys] = [points.map((point) => point[0]), points.map((point) => point[1])];
  return [
    clip(Math.min(...xs), canvas.width),
    clip(Math.min(...ys), canvas.height),
    clip(Math.max(...xs), canvas.width),
    clip(Math.max(...ys), canvas.height),
  ];
}
