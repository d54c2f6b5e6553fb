/** Files that reference/image_resize.py made, and what Pillow reads in them. */

import { readFileSync } from "node:fs";
import type { Image } from "../../../src/media/index.ts";

export const fixture = (name: string): string =>
  new URL(`../../fixtures/image/${name}`, import.meta.url).pathname;

interface Expected {
  readonly width: number;
  readonly height: number;
  readonly rgb: string;
}
const expected: Record<string, Expected> = JSON.parse(
  readFileSync(fixture("expected.json"), "utf8"),
);

export const fixtureNames: readonly string[] = Object.keys(expected);

export const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(fixture(name)));

export function pillowImage(name: string): Image {
  const { width, height, rgb } = expected[name]!;
  return { width, height, data: new Uint8Array(Buffer.from(rgb, "base64")) };
}

/** Largest difference of two images of one size, in levels. */
export function furthest(a: Image, b: Image): number {
  if (a.width !== b.width || a.height !== b.height || a.data.length !== b.data.length) return 256;
  return a.data.reduce((most, value, i) => Math.max(most, Math.abs(value - b.data[i]!)), 0);
}

/** `pattern` of reference/image_resize.py: noise, and black and white blocks that overshoot. */
export function pattern(width: number, height: number): Image {
  const data = new Uint8Array(width * height * 3);
  let state = width * 65_537 + height;
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    data[i] = state >>> 24;
  }
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const block = (Math.floor(x / 4) + Math.floor(y / 4)) % 3;
      const at = (y * width + x) * 3;
      if (block < 2) data.fill(255 * block, at, at + 3);
    }
  }
  return { width, height, data };
}
