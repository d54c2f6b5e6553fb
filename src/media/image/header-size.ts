/** Width and height as an image's header has them, for decoders that do not tell before they decode. */

import { requireFormat } from "./formats.ts";

interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * The stored size, before EXIF turns it; undefined where the header is cut short, and for TIFF.
 *
 * @throws where the bytes are of no format that is read
 */
export function readHeaderSize(bytes: Uint8Array, name: string): Size | undefined {
  const format = requireFormat(bytes, name);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  try {
    switch (format) {
      case "png":
        return { width: view.getUint32(16), height: view.getUint32(20) };
      case "gif":
        return { width: view.getUint16(6, true), height: view.getUint16(8, true) };
      case "bmp":
        return { width: view.getInt32(18, true), height: Math.abs(view.getInt32(22, true)) };
      case "jpeg":
        return jpegSize(view);
      case "webp":
        return webpSize(view);
      case "avif":
        return avifSize(view);
      default:
        return undefined;
    }
  } catch (error) {
    if (error instanceof RangeError) return undefined; // read beyond the end
    throw error;
  }
}

/** In the first frame header (SOF0 to SOF15 without DHT, JPG, DAC). */
function jpegSize(view: DataView): Size {
  let at = 2;
  for (;;) {
    const marker = view.getUint8(at + 1);
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return { width: view.getUint16(at + 7), height: view.getUint16(at + 5) };
    at += marker === 0xff ? 1 : 2 + view.getUint16(at + 2); // 0xff before a marker is padding
  }
}

/** VP8X has 24 bits less 1, VP8L 14 bits less 1, VP8 14 bits behind its start code. */
function webpSize(view: DataView): Size | undefined {
  const kind = view.getUint32(12);
  if (kind === 0x56503858) {
    const side = (at: number): number =>
      (view.getUint16(at, true) | (view.getUint8(at + 2) << 16)) + 1;
    return { width: side(24), height: side(27) };
  }
  if (kind === 0x5650384c) {
    const bits = view.getUint32(21, true);
    return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
  }
  if (kind !== 0x56503820) return undefined;
  return {
    width: view.getUint16(26, true) & 0x3fff,
    height: view.getUint16(28, true) & 0x3fff,
  };
}

/** The largest "ispe" (image spatial extents) box; a file may hold thumbnails. */
function avifSize(view: DataView): Size | undefined {
  let largest: Size | undefined;
  for (let at = 4; at + 16 <= view.byteLength; at++) {
    if (view.getUint32(at) !== 0x69737065) continue;
    const size = { width: view.getUint32(at + 8), height: view.getUint32(at + 12) };
    if (!largest || size.width * size.height > largest.width * largest.height) largest = size;
  }
  return largest;
}
