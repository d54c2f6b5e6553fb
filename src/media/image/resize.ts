/** Resizing, bit for bit as Pillow does it: vision models were trained on its pixels. */

import type { Image } from "../types.ts";
import {
  type Coefficients,
  computeCoefficients,
  type Filter,
  PRECISION_BITS,
} from "./coefficients.ts";

const HALF = 1 << (PRECISION_BITS - 1);

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
  if (image.data.length !== bytes) {
    throw new Error(
      `resize: an image of ${image.width} x ${image.height} with ${image.data.length} bytes; ` +
        `expected ${bytes}`,
    );
  }
  if (width === image.width && height === image.height) return image;
  if (filter === "nearest") return pickNearest(image, width, height);
  const across = (from: Image): Image =>
    from.width === width
      ? from
      : resizeRows(from, width, computeCoefficients(from.width, width, filter));
  const down = (from: Image): Image =>
    from.height === height
      ? from
      : resizeColumns(from, height, computeCoefficients(from.height, height, filter));
  // Rows go first, but for Pillow's own exception: very tall images lose their height first.
  const isTall = image.height > image.width * 100 && height < image.height;
  return isTall ? across(down(image)) : down(across(image));
}

function checkSide(name: string, side: number): void {
  if (Number.isInteger(side) && side >= 1 && side <= 65_535) return;
  throw new Error(`resize: ${name} is ${side}; expected a whole number from 1 to 65535`);
}

/** [height, from, 3] -> [height, width, 3]; pairs of rows share the weights that are read. */
function resizeRows(
  { data, height, width: from }: Image,
  width: number,
  across: Coefficients,
): Image {
  const { taps, first, size, weights } = across;
  const out = new Uint8ClampedArray(width * height * 3); // rounds nothing, since it gets integers
  for (let y = 0; y < height; y += 2) {
    const row = y * from * 3;
    const below = y + 1 < height ? from * 3 : 0; // the last row of an odd number is its own pair
    const outBelow = y + 1 < height ? width * 3 : 0;
    let to = y * width * 3;
    for (let x = 0; x < width; x++, to += 3) {
      let r = HALF;
      let g = HALF;
      let b = HALF;
      let r2 = HALF;
      let g2 = HALF;
      let b2 = HALF;
      const end = x * taps + size[x]!;
      let at = row + first[x]! * 3;
      for (let k = x * taps; k < end; k++, at += 3) {
        const weight = weights[k]!;
        r = (r + Math.imul(data[at]!, weight)) | 0;
        g = (g + Math.imul(data[at + 1]!, weight)) | 0;
        b = (b + Math.imul(data[at + 2]!, weight)) | 0;
        r2 = (r2 + Math.imul(data[at + below]!, weight)) | 0;
        g2 = (g2 + Math.imul(data[at + below + 1]!, weight)) | 0;
        b2 = (b2 + Math.imul(data[at + below + 2]!, weight)) | 0;
      }
      out[to] = r >> PRECISION_BITS;
      out[to + 1] = g >> PRECISION_BITS;
      out[to + 2] = b >> PRECISION_BITS;
      out[to + outBelow] = r2 >> PRECISION_BITS;
      out[to + outBelow + 1] = g2 >> PRECISION_BITS;
      out[to + outBelow + 2] = b2 >> PRECISION_BITS;
    }
  }
  return { width, height, data: new Uint8Array(out.buffer) };
}

/** [from, width, 3] -> [height, width, 3], three bytes of a row at a time. */
function resizeColumns({ data, width }: Image, height: number, down: Coefficients): Image {
  const { taps, first, size, weights } = down;
  const stride = width * 3;
  const out = new Uint8ClampedArray(stride * height);
  for (let y = 0; y < height; y++) {
    const start = first[y]! * stride;
    const end = y * taps + size[y]!;
    for (let i = 0; i < stride; i += 3) {
      let r = HALF;
      let g = HALF;
      let b = HALF;
      let at = start + i;
      for (let k = y * taps; k < end; k++, at += stride) {
        const weight = weights[k]!;
        r = (r + Math.imul(data[at]!, weight)) | 0;
        g = (g + Math.imul(data[at + 1]!, weight)) | 0;
        b = (b + Math.imul(data[at + 2]!, weight)) | 0;
      }
      const to = y * stride + i;
      out[to] = r >> PRECISION_BITS;
      out[to + 1] = g >> PRECISION_BITS;
      out[to + 2] = b >> PRECISION_BITS;
    }
  }
  return { width, height, data: new Uint8Array(out.buffer) };
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
