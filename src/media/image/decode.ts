/** Image files to 8-bit RGB. */

import type { Image } from "../types.ts";
import { decodeBmp } from "./bmp.ts";
import { requireFormat } from "./formats.ts";
import { type Background, checkPixels, DEFAULT_MAX_PIXELS, WHITE } from "./limits.ts";
import { openImage, readRaw } from "./sharp.ts";
import { type ImageSourceOptions, readSource } from "./source.ts";

/** What an image may cost, and what stands behind transparent parts. */
export interface DecodeImageOptions extends ImageSourceOptions {
  /** Red, green, blue from 0 to 255 behind transparent parts; white by default. */
  readonly background?: Background;
  /** Most pixels, checked from the header before any are allocated; 100 million by default. */
  readonly maxPixels?: number;
}

/**
 * Reads a JPEG, PNG, WebP, GIF, TIFF, AVIF or uncompressed BMP: turned upright as EXIF says,
 * transparent parts over `background`, the first frame of an animation, 16 bits cut to 8, CMYK turned
 * to RGB as Pillow does it, colour profiles not applied. What the file holds decides, not its name.
 *
 * @param source a path, or the file's bytes
 * @throws one sentence that names the file, where it is missing, empty, damaged, incomplete, no image,
 *   or beyond the limits
 * @example
 * const { width, height, data } = await decodeImage("photo.jpg"); // data: height · width · 3 bytes
 */
export async function decodeImage(
  source: string | Uint8Array,
  options: DecodeImageOptions = {},
): Promise<Image> {
  const { background = WHITE, maxPixels = DEFAULT_MAX_PIXELS } = options;
  const file = await readSource(source, options);
  const format = requireFormat(file.bytes, file.name);
  if (format === "bmp") return decodeBmp(file, maxPixels);
  const { header, pipeline } = await openImage(file, format, 1);
  checkPixels(header.width, header.height, maxPixels, file.name);
  pipeline.autoOrient();
  if (header.space === "cmyk") {
    const raw = await readRaw(
      pipeline.pipelineColourspace("cmyk").toColourspace("cmyk"),
      file.name,
      format,
    );
    return { width: raw.width, height: raw.height, data: cmykToRgb(raw.data) };
  }
  if (header.hasAlpha) {
    const [r, g, b] = background;
    pipeline.flatten({ background: { r, g, b } });
  }
  const { width, height, data } = await readRaw(pipeline.toColourspace("srgb"), file.name, format);
  return { width, height, data };
}

/** Pillow's conversion: (255 - ink) · (255 - black) / 255, rounded as its MULDIV255 does. */
function cmykToRgb(cmyk: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((cmyk.length / 4) * 3);
  for (let from = 0, to = 0; from < cmyk.length; from += 4, to += 3) {
    const light = 255 - cmyk[from + 3]!;
    for (let i = 0; i < 3; i++) {
      const product = cmyk[from + i]! * light + 128;
      rgb[to + i] = Math.max(0, light - (((product >> 8) + product) >> 8));
    }
  }
  return rgb;
}
