/**
 * Blocks of quantised values to f32, bit for bit what ggml computes.
 *
 * Each product of a 16-bit scale, a small scale and a small integer is exact in f32, so only the
 * last operation rounds, which writing to a Float32Array does.
 * Source of the layouts: ggml, src/ggml-common.h (block_q4_0 … block_q6_K) and the
 * dequantize_row functions of src/ggml-quants.c.
 */

import { f16ToF32 } from "../../graph/dtype.ts";

/** Decodes `count` whole blocks at the start of `b` into `y` from index `at`. */
export type BlockDecoder = (b: Uint8Array, count: number, y: Float32Array, at: number) => void;

const half = (b: Uint8Array, i: number): number => f16ToF32(b[i]! | (b[i + 1]! << 8));
const signed = (byte: number): number => (byte << 24) >> 24;

function q8_0(b: Uint8Array, count: number, y: Float32Array, at: number): void {
  for (let block = 0, p = 0, o = at; block < count; block++, p += 34, o += 32) {
    const d = half(b, p);
    for (let j = 0; j < 32; j++) y[o + j] = d * signed(b[p + 2 + j]!);
  }
}

/** Types of 32 values: f16 scale, f16 minimum or none, fifth bits or none, then nibbles. */
function nibbles(hasMinimum: boolean, hasFifth: boolean): BlockDecoder {
  const bytes = 18 + (hasMinimum ? 2 : 0) + (hasFifth ? 4 : 0);
  const centre = hasMinimum ? 0 : hasFifth ? 16 : 8;
  return (b, count, y, at) => {
    for (let block = 0, p = 0, o = at; block < count; block++, p += bytes, o += 32) {
      const d = half(b, p);
      const m = hasMinimum ? half(b, p + 2) : -0; // adding -0 changes nothing, not even -0
      const high = p + (hasMinimum ? 4 : 2); // 32 bits: bit j is the fifth bit of value j
      const low = high + (hasFifth ? 4 : 0);
      for (let j = 0; j < 16; j++) {
        const byte = b[low + j]!;
        let [x0, x1] = [byte & 15, byte >> 4]; // values j and j + 16
        if (hasFifth) {
          x0 |= ((b[high + (j >> 3)]! >> (j & 7)) & 1) << 4;
          x1 |= ((b[high + 2 + (j >> 3)]! >> (j & 7)) & 1) << 4;
        }
        y[o + j] = d * (x0 - centre) + m;
        y[o + j + 16] = d * (x1 - centre) + m;
      }
    }
  };
}

/**
 * Q4_K and Q5_K: 8 groups of 32 values, each with a 6-bit scale and minimum packed into 12 bytes.
 */
function groups(hasFifth: boolean): BlockDecoder {
  const bytes = hasFifth ? 176 : 144;
  return (b, count, y, at) => {
    for (let block = 0, p = 0, o = at; block < count; block++, p += bytes, o += 256) {
      const d = half(b, p);
      const dmin = half(b, p + 2);
      const s = p + 4;
      const high = p + 16;
      const low = hasFifth ? p + 48 : p + 16;
      for (let g = 0; g < 8; g++) {
        let scale: number;
        let minimum: number;
        if (g < 4) {
          scale = b[s + g]! & 63;
          minimum = b[s + g + 4]! & 63;
        } else {
          scale = (b[s + g + 4]! & 15) | ((b[s + g - 4]! >> 6) << 4);
          minimum = (b[s + g + 4]! >> 4) | ((b[s + g]! >> 6) << 4);
        }
        const d1 = d * scale;
        const m1 = dmin * minimum;
        const from = low + (g >> 1) * 32; // two groups share 32 bytes: low nibbles, then high
        const shift = (g & 1) * 4;
        for (let l = 0; l < 32; l++) {
          let q = (b[from + l]! >> shift) & 15;
          if (hasFifth) q |= ((b[high + l]! >> g) & 1) << 4;
          y[o + g * 32 + l] = d1 * q - m1;
        }
      }
    }
  };
}

/** 256 values: low nibbles [128], high bit pairs [64], i8 scales [16] of 16 values, f16 scale. */
function q6_k(b: Uint8Array, count: number, y: Float32Array, at: number): void {
  for (let block = 0, p = 0, o = at; block < count; block++, p += 210, o += 256) {
    const d = half(b, p + 208);
    for (let part = 0; part < 8; part++) {
      // Four runs of 32 values in each half of 128: nibble rows l, l + 32, low before high.
      const [upper, run] = [part >> 2, part & 3];
      const low = p + upper * 64 + (run & 1) * 32;
      const high = p + 128 + upper * 32;
      for (let l = 0; l < 32; l++) {
        const nibble = (b[low + l]! >> ((run >> 1) * 4)) & 15;
        const q = (nibble | (((b[high + l]! >> (run * 2)) & 3) << 4)) - 32;
        const scale = signed(b[p + 192 + part * 2 + (l >> 4)]!);
        y[o + part * 32 + l] = d * scale * q;
      }
    }
  }
}

/** Decoders by the type's name. */
export const blockDecoders: ReadonlyMap<string, BlockDecoder> = new Map([
  ["Q4_0", nibbles(false, false)],
  ["Q4_1", nibbles(true, false)],
  ["Q5_0", nibbles(false, true)],
  ["Q5_1", nibbles(true, true)],
  ["Q8_0", q8_0],
  ["Q4_K", groups(false)],
  ["Q5_K", groups(true)],
  ["Q6_K", q6_k],
]);
