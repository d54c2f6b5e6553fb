/** Words on a canvas, in a bitmap font that is the same on every machine. */

import { type Canvas, type Color, fillShape } from "./canvas.ts";
import { glyphHeight, glyphOf, glyphWidth } from "./font.ts";
import type { Point } from "./shapes.ts";

/** How large text is: pixels a dot of the font (1 if nothing is said), or pixels in height. */
export interface TextSize {
  readonly scale?: number;
  readonly height?: number;
}

/**
 * One line of text; its top left corner lies at `at`.
 * @throws If a character is not printable ASCII.
 * @example
 * drawText(canvas, "STOP", [4, 20], [255, 255, 255], { height: 14 });
 */
export function drawText(
  canvas: Canvas,
  text: string,
  at: Point,
  color: Color,
  size: TextSize = {},
): void {
  const rows = [...text].map((character, index) => {
    const glyph = glyphOf(character);
    if (glyph !== undefined) return glyph;
    const where = `${JSON.stringify(character)} at ${index} of ${JSON.stringify(text)}`;
    throw new RangeError(`${where} cannot be drawn: the font has printable ASCII`);
  });
  const dot = dotSize(size);
  const [left, top] = at;
  const across = (y: number, crossings: number[]): number => {
    const row = Math.floor((y - top) / dot);
    if (row < 0 || row >= glyphHeight) return 0;
    let count = 0;
    for (let index = 0; index < rows.length; index++) {
      const bits = rows[index]![row]!;
      for (let column = 0; column < glyphWidth; column++) {
        if (((bits >> (glyphWidth - 1 - column)) & 1) === 0) continue;
        const x = left + (index * (glyphWidth + 1) + column) * dot;
        crossings[count++] = x;
        crossings[count++] = x + dot;
      }
    }
    return count;
  };
  fillShape(canvas, top, top + glyphHeight * dot, across, color);
}

/** How much room drawText takes: width and height in pixels. */
export function measureText(
  text: string,
  size: TextSize = {},
): { readonly width: number; readonly height: number } {
  const dot = dotSize(size);
  const characters = [...text].length;
  const dots = characters === 0 ? 0 : characters * (glyphWidth + 1) - 1;
  return { width: dots * dot, height: glyphHeight * dot };
}

function dotSize({ scale, height }: TextSize): number {
  return scale ?? (height === undefined ? 1 : height / glyphHeight);
}
