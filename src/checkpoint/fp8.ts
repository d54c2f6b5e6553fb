/**
 * Floats of 8 bits, e4m3 without infinities: sign, 4 bits of exponent (bias 7), 3 of fraction;
 * all ones is NaN. Source: Micikevicius et al., "FP8 Formats for Deep Learning" (2022), table 1.
 */

import type { BlockEncoding } from "./header.ts";

function decodeByte(bits: number): number {
  const sign = bits & 0x80 ? -1 : 1;
  const exponent = (bits >> 3) & 15;
  const fraction = bits & 7;
  if (exponent === 15 && fraction === 7) return Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -9;
  return sign * (1 + fraction / 8) * 2 ** (exponent - 7);
}

const values = Float32Array.from({ length: 256 }, (_, bits) => decodeByte(bits));

/** How tensors of dtype F8_E4M3 decode to f32. */
export const e4m3: BlockEncoding = {
  size: 1,
  bytes: 1,
  decode(input, count, target, at) {
    for (let i = 0; i < count; i++) target[at + i] = values[input[i]!]!;
  },
};

/**
 * Multiplies decoded weights by the scales of their blocks, in place. Called `weight_scale_inv` in
 * checkpoints, they are what the weights are multiplied by.
 *
 * @param weight f32 [outputs, inputs]
 * @param scales [⌈outputs / rows⌉, ⌈inputs / columns⌉]
 */
export function scaleBlocks(
  weight: Float32Array,
  inputs: number,
  scales: Float32Array,
  [rows, columns]: readonly [number, number],
): void {
  const across = Math.ceil(inputs / columns);
  for (let n = 0; n < weight.length / inputs; n++) {
    for (let k = 0; k < inputs; k++) {
      weight[n * inputs + k]! *= scales[Math.floor(n / rows) * across + Math.floor(k / columns)]!;
    }
  }
}
