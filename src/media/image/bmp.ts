/** BMP files without compression, which libvips as shipped does not read. */

import type { Image } from "../types.ts";
import { checkPixels } from "./limits.ts";
import type { ImageSource } from "./source.ts";

/**
 * Palettes of 1, 4 or 8 bits, and 24 or 32 bits a pixel (the fourth byte is not used).
 *
 * @throws where the file is cut short, compressed, or says what cannot be
 */
export function decodeBmp({ bytes, name }: ImageSource, maxPixels: number): Image {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const refuse = (reason: string): never => {
    throw new Error(`${name}: a BMP that ${reason}; expected an uncompressed one`);
  };
  if (bytes.length < 54) return refuse(`ends in its header, after ${bytes.length} bytes`);
  const start = view.getUint32(10, true);
  const headerSize = view.getUint32(14, true);
  const width = view.getInt32(18, true);
  const signedHeight = view.getInt32(22, true); // below 0: rows from the top down
  const bits = view.getUint16(28, true);
  const compression = view.getUint32(30, true);
  const height = Math.abs(signedHeight);
  if (headerSize < 40 || headerSize > 124) return refuse(`has a header of ${headerSize} bytes`);
  if (compression !== 0) return refuse(`is compressed (method ${compression})`);
  if (![1, 4, 8, 24, 32].includes(bits)) return refuse(`has ${bits} bits a pixel`);
  if (width < 1 || height < 1) return refuse(`is ${width} x ${signedHeight} pixels`);
  checkPixels(width, height, maxPixels, name);
  const stride = Math.ceil((width * bits) / 32) * 4;
  if (start + stride * height > bytes.length) {
    return refuse(`needs ${start + stride * height} bytes and has ${bytes.length}`);
  }
  const palette = 14 + headerSize;
  const data = new Uint8Array(width * height * 3);
  let to = 0;
  for (let y = 0; y < height; y++) {
    const row = start + stride * (signedHeight < 0 ? y : height - 1 - y);
    for (let x = 0; x < width; x++) {
      let at = row + (x * bits) / 8;
      if (bits <= 8) {
        const shift = 8 - bits - ((x * bits) % 8);
        const index = (bytes[Math.floor(at)]! >> shift) & ((1 << bits) - 1);
        at = palette + index * 4;
        if (at + 4 > start) return refuse(`uses colour ${index}, which its palette lacks`);
      }
      data[to++] = bytes[at + 2]!; // stored as blue, green, red
      data[to++] = bytes[at + 1]!;
      data[to++] = bytes[at]!;
    }
  }
  return { width, height, data };
}
