/** Splits a stream of binary PPM pictures (P6, 8 bits): what ffmpeg's image2pipe writes. */

import type { Image } from "../types.ts";

/** The pictures; their pixels are views of the bytes. A picture that is cut off is left out. */
export function splitPpm(bytes: Uint8Array): Image[] {
  const images: Image[] = [];
  for (let at = 0; at < bytes.length; ) {
    const head = String.fromCharCode(...bytes.subarray(at, at + 32));
    const header = /^P6\s(\d+)\s(\d+)\s255\s/.exec(head);
    if (header === null) return images;
    const [width, height] = [Number(header[1]), Number(header[2])];
    const start = at + header[0].length;
    at = start + width * height * 3;
    if (at > bytes.length) return images;
    images.push({ width, height, data: bytes.subarray(start, at) });
  }
  return images;
}
