/** Drawings as pictures. */

import { loadSharp } from "./sharp.ts";

const MAX_PIXELS = 16e6;

/**
 * A PNG of an SVG drawing of our own, over white: one from elsewhere may name files. Text is set in
 * the fonts of the machine, so that bytes differ between machines.
 *
 * @throws where the text is no SVG, or more than 16 million pixels large
 */
export async function svgToPng(svg: string): Promise<Uint8Array> {
  const sharp = await loadSharp();
  const drawing = sharp(new TextEncoder().encode(svg), { limitInputPixels: MAX_PIXELS });
  return drawing.flatten({ background: "#fff" }).png().toBuffer();
}
