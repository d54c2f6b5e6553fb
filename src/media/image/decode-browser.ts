/** Image files to 8-bit RGB in a browser or its workers. */

import type { Image } from "../types.ts";
import { readHeaderSize } from "./header-size.ts";
import {
  type Background,
  checkBytes,
  checkPixels,
  DEFAULT_MAX_BYTES,
  DEFAULT_MAX_PIXELS,
  WHITE,
} from "./limits.ts";

/** The part of the platform used here: this project's types are Node's. */
interface Bitmap {
  readonly width: number;
  readonly height: number;
  close(): void;
}
interface Context {
  fillStyle: string;
  fillRect(x: number, y: number, width: number, height: number): void;
  drawImage(image: Bitmap, x: number, y: number): void;
  getImageData(
    x: number,
    y: number,
    width: number,
    height: number,
  ): { readonly data: Uint8ClampedArray };
}
declare const createImageBitmap: (source: Blob, options: object) => Promise<Bitmap>;
declare const OffscreenCanvas: new (
  width: number,
  height: number,
) => { getContext(kind: "2d", options: object): Context | null };

/** As for Node's `decodeImage`. */
export interface DecodeBlobOptions {
  readonly name?: string;
  readonly background?: Background;
  readonly maxBytes?: number;
  readonly maxPixels?: number;
}

/**
 * What `decodeImage` of onefold/media does, with the browser's decoders: upright, transparent parts
 * over `background`, without colour profiles, the first frame of an animation. TIFF is read by Safari
 * alone; CMYK comes out in the browser's own colours.
 *
 * @param source a dropped or fetched file, or its bytes
 * @throws one sentence that names the file, where it is empty, damaged, no image, or beyond the limits
 */
export async function decodeImage(
  source: Blob | Uint8Array<ArrayBuffer>,
  options: DecodeBlobOptions = {},
): Promise<Image> {
  const { background = WHITE, maxPixels = DEFAULT_MAX_PIXELS } = options;
  const blob = source instanceof Blob ? source : new Blob([source]);
  const name = options.name ?? ("name" in blob ? String(blob.name) : "image");
  checkBytes(blob.size, options.maxBytes ?? DEFAULT_MAX_BYTES, name);
  const size = readHeaderSize(new Uint8Array(await blob.arrayBuffer()), name);
  if (size) checkPixels(size.width, size.height, maxPixels, name);
  let bitmap: Bitmap;
  try {
    bitmap = await createImageBitmap(blob, {
      imageOrientation: "from-image",
      colorSpaceConversion: "none",
    });
  } catch (cause) {
    throw new Error(`${name}: damaged, incomplete, or not read by this browser`, { cause });
  }
  try {
    const { width, height } = bitmap;
    checkPixels(width, height, maxPixels, name);
    const context = new OffscreenCanvas(width, height).getContext("2d", {
      alpha: false,
      willReadFrequently: true, // in memory, where the pixels are wanted
    });
    if (!context) throw new Error(`${name}: this browser gives no canvas of ${width} x ${height}`);
    context.fillStyle = `rgb(${background.join(" ")})`;
    context.fillRect(0, 0, width, height);
    context.drawImage(bitmap, 0, 0);
    const { data: rgba } = context.getImageData(0, 0, width, height);
    const data = new Uint8Array(width * height * 3);
    for (let from = 0, to = 0; to < data.length; from += 4, to += 3) {
      data[to] = rgba[from]!;
      data[to + 1] = rgba[from + 1]!;
      data[to + 2] = rgba[from + 2]!;
    }
    return { width, height, data };
  } finally {
    bitmap.close();
  }
}
