/** Resizing, bit for bit as Pillow does it: vision models were trained on its pixels. */

import type { Image } from "../types.ts";
import { computeCoefficients, type Filter } from "./coefficients.ts";
import { resampleColumns, resampleRows } from "./resample.ts";

export type { Filter };

/**
 * Resizes to exactly `width` x `height`; the result has the same bytes as
 * `Image.resize((width, height), resample)` of Pillow, antialiased when it shrinks.
 *
 * @param filter "bicubic" is what most vision models expect
 * @throws where a side is not a whole number from 1 to 65,535, or bytes are missing
 * @example
 * const small = resize(await decodeImage("photo.jpg"), 480, 480, "bicubic");
 */
export function resize(
  image: Image,
  width: number,
  height: number,
  filter: Filter | "nearest" = "bicubic",
): Image {
  checkSide("width", width);
  checkSide("height", height);
  const bytes = image.width * image.height * 3;
  if (image.data.length !== bytes || bytes === 0) {
    throw new Error(
      `resize: an image of ${image.width} x ${image.height} with ${image.data.length} bytes; ` +
        "expected height · width · 3, from 3",
    );
  }
  if (width === image.width && height === image.height) return image;
  if (filter === "nearest") return pickNearest(image, width, height);
  const across = (from: Image): Image =>
    from.width === width
      ? from
      : resampleRows(from, computeCoefficients(from.width, width, filter));
  const down = (from: Image): Image =>
    from.height === height
      ? from
      : resampleColumns(from, computeCoefficients(from.height, height, filter));
  // Rows go first, but for Pillow's own exception: very tall images lose their height first.
  const isTall = image.height > image.width * 100 && height < image.height;
  return isTall ? across(down(image)) : down(across(image));
}

function checkSide(name: string, side: number): void {
  if (Number.isInteger(side) && side >= 1 && side <= 65_535) return;
  throw new Error(`resize: ${name} is ${side}; expected a whole number from 1 to 65535`);
}

/** Each output pixel is the input pixel under its centre; places add up as in Pillow's Geometry.c. */
function pickNearest(
  { data, width: from, height: rows }: Image,
  width: number,
  height: number,
): Image {
  const columns = centres(from, width);
  const out = new Uint8Array(width * height * 3);
  let to = 0;
  for (const y of centres(rows, height)) {
    for (const x of columns) {
      const at = (y * from + x) * 3;
      out[to++] = data[at]!;
      out[to++] = data[at + 1]!;
      out[to++] = data[at + 2]!;
    }
  }
  return { width, height, data: out };
}

function centres(from: number, to: number): Int32Array {
  const step = from / to;
  const places = new Int32Array(to);
  let at = step * 0.5;
  for (let i = 0; i < to; i++, at += step) places[i] = Math.min(from - 1, Math.trunc(at));
  return places;
}
