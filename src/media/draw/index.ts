/** A small rasteriser: the same pixels on every machine. */

export { drawBoxes, type LabelledBox } from "./boxes.ts";
export { type Canvas, type Color, createCanvas, toImage } from "./canvas.ts";
export { drawLine, fillEllipse, fillPolygon, fillRect, type Point } from "./shapes.ts";
export { drawText, measureText, type TextSize } from "./text.ts";
