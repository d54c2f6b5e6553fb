/** Pixels as models take them. */

import type { Image } from "../types.ts";

type Rgb = readonly [red: number, green: number, blue: number];

export interface Normalisation {
  readonly mean: Rgb;
  readonly std: Rgb;
}

/** -1 to 1: OFA, ViT and Qwen3-VL. */
const centred: Normalisation = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };

/**
 * (value / 255 - mean) / std of each channel, [3, height, width].
 *
 * @param into where to write; a fresh array otherwise
 * @throws where `into` does not hold 3 · height · width numbers
 * @example
 * const pixels = toPixels(resize(image, 480, 480), { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] });
 */
export function toPixels(
  { width, height, data }: Image,
  { mean, std }: Normalisation = centred,
  into: Float32Array = new Float32Array(3 * width * height),
): Float32Array {
  const plane = width * height;
  if (into.length !== 3 * plane) {
    throw new Error(`toPixels: into holds ${into.length} numbers; expected ${3 * plane}`);
  }
  const [red, green, blue] = [0, 1, 2].map((c) =>
    Float32Array.from({ length: 256 }, (_, value) => (value / 255 - mean[c]!) / std[c]!),
  ) as [Float32Array, Float32Array, Float32Array]; // three channels, as mapped
  for (let i = 0, at = 0; i < plane; i++, at += 3) {
    into[i] = red[data[at]!]!;
    into[plane + i] = green[data[at + 1]!]!;
    into[2 * plane + i] = blue[data[at + 2]!]!;
  }
  return into;
}
