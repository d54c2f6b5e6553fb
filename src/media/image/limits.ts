/** Limits of images, the same in Node.js and in browsers. */

export type Background = readonly [red: number, green: number, blue: number];

export const WHITE: Background = [255, 255, 255];
export const DEFAULT_MAX_BYTES = 200e6;
export const DEFAULT_MAX_PIXELS = 100e6;

/** @throws where a file is larger than may be read */
export function checkBytes(length: number, maxBytes: number, name: string): void {
  if (length <= maxBytes) return;
  throw new Error(
    `${name}: has ${length} bytes; at most ${maxBytes} are read (maxBytes changes that)`,
  );
}

/** @throws where an image has more pixels than may be allocated */
export function checkPixels(width: number, height: number, maxPixels: number, name: string): void {
  if (width * height <= maxPixels) return;
  throw new Error(
    `${name}: ${width} x ${height} is more than ${maxPixels} pixels (maxPixels changes the limit)`,
  );
}
