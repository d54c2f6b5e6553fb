/** Boxes and their names over an image. */

import type { Box, Image } from "../types.ts";
import type { Canvas, Color } from "./canvas.ts";
import { drawLine, fillRect, type Point } from "./shapes.ts";
import { drawText, measureText } from "./text.ts";

/** One after another, so that neighbours differ. */
const colors: readonly Color[] = [
  [220, 38, 38],
  [37, 99, 235],
  [22, 163, 74],
  [217, 119, 6],
  [147, 51, 234],
];
const WHITE: Color = [255, 255, 255];

export interface LabelledBox {
  readonly box: Box;
  readonly label?: string;
}

/**
 * A copy of an image with boxes drawn over it. Of labels, characters that the font lacks become `?`.
 * @example
 * await writeFile("found.png", await encodePng(drawBoxes(image, [{ box, label: "ring" }])));
 */
export function drawBoxes(image: Image, boxes: readonly LabelledBox[]): Image {
  const { width, height } = image;
  const canvas: Canvas = { width, height, data: image.data.slice() };
  const line = Math.max(1, Math.round(Math.min(width, height) / 150));
  boxes.forEach(({ box, label }, i) => {
    const color = colors[i % colors.length];
    outline(canvas, box, line, color);
    if (label) writeLabel(canvas, label.replace(/[^ -~]/gu, "?"), box, line, color);
  });
  return canvas;
}

function outline(canvas: Canvas, box: Box, line: number, color: Color): void {
  const [left, top, right, bottom] = box;
  const corners: readonly Point[] = [
    [left, top],
    [right, top],
    [right, bottom],
    [left, bottom],
  ];
  corners.forEach((corner, i) => {
    drawLine(canvas, corner, corners[(i + 1) % corners.length], line, color);
  });
}

/** Above the box, or in it where there is no room. */
function writeLabel(canvas: Canvas, label: string, box: Box, dot: number, color: Color): void {
  const { width, height } = measureText(label, { scale: dot });
  const [left, top] = box;
  const x = Math.max(0, Math.min(left, canvas.width - width - 2 * dot));
  const y = top >= height + 2 * dot ? top - height - 2 * dot : top;
  fillRect(canvas, [x, y, x + width + 2 * dot, y + height + 2 * dot], color);
  drawText(canvas, label, [x + dot, y + dot], WHITE, { scale: dot });
}
