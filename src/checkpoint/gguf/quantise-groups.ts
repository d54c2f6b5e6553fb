/**
 * f32 rows to Q4_K blocks: 256 values in 8 groups of 32, each with its own scale and minimum in 6
 * bits. As in ggml a group's step minimises squares weighted by size, tried around the range; the
 * search here is coarser, so bytes differ from ggml's while the error does not (see the test).
 * Source of layout and weighting: ggml, src/ggml-common.h (block_q4_K), src/ggml-quants.c
 * (make_qkx2_quants, quantize_row_q4_K_ref).
 */

import { f16ToF32, f32ToF16 } from "../../graph/dtype.ts";

const SIZE = 256;
const GROUP = 32;
const GROUPS = SIZE / GROUP;
const BYTES = 144;
const LEVELS = 15;
/** Ends of the range in steps: the outermost values may fall this far beyond the last level. */
const TRIES = [0, -0.9, -0.6, -0.3, 0.3, 0.6, 0.9];

/** Value j of a group stands for `scale * level - minimum`. */
interface GroupFit {
  scale: number;
  minimum: number;
}

/** Least squares, weighted, of `scale` and `minimum` (both at least 0) for x[start, start + 32). */
function fitGroup(x: Float32Array, start: number, weights: Float64Array, fit: GroupFit): void {
  let [low, high, sumSquares] = [0, -Infinity, 0];
  for (let i = start; i < start + GROUP; i++) {
    const value = x[i]!;
    if (value < low) low = value;
    if (value > high) high = value;
    sumSquares += value * value;
  }
  fit.scale = 0;
  fit.minimum = -low;
  if (high <= low) return; // all alike and not above 0: the minimum alone says it
  const typical = Math.sqrt(sumSquares / GROUP);
  let [sumW, sumX] = [0, 0];
  for (let j = 0; j < GROUP; j++) {
    const value = x[start + j]!;
    const w = typical + Math.abs(value);
    weights[j] = w;
    sumW += w;
    sumX += w * value;
  }
  let best = Infinity;
  for (let t = 0; t < TRIES.length; t++) {
    const inverse = (LEVELS + TRIES[t]!) / (high - low);
    let sumL = 0;
    let sumL2 = 0;
    let sumXL = 0;
    for (let j = 0; j < GROUP; j++) {
      const value = x[start + j]!;
      const level = levelOf(value - low, inverse);
      const wl = weights[j]! * level;
      sumL += wl;
      sumL2 += wl * level;
      sumXL += wl * value;
    }
    const determinant = sumW * sumL2 - sumL * sumL;
    let scale = 1 / inverse;
    let offset = low;
    // Not where all are on one level, through which every line goes.
    if (determinant > 1e-9 * sumW * sumL2) {
      scale = (sumW * sumXL - sumX * sumL) / determinant;
      offset = (sumL2 * sumX - sumL * sumXL) / determinant;
      if (offset > 0) {
        scale = sumXL / sumL2; // the format only subtracts
        offset = 0;
      }
    }
    // Σ w (scale l + offset - x)², less Σ w x².
    const error =
      scale * (scale * sumL2 + 2 * offset * sumL - 2 * sumXL) + offset * (offset * sumW - 2 * sumX);
    if (error < best) {
      best = error;
      fit.scale = scale;
      fit.minimum = -offset;
    }
  }
}

function levelOf(above: number, inverse: number): number {
  const level = (above * inverse + 0.5) | 0; // rounds what is not below 0
  return level < 0 ? 0 : level > LEVELS ? LEVELS : level;
}

/** Scales and minima, 6 bits each, in 12 bytes. */
function packScales(scales: Uint8Array, minima: Uint8Array, out: Uint8Array, at: number): void {
  for (let g = 0; g < 4; g++) {
    // The upper two bits of groups 4 to 7 go above the six of groups 0 to 3.
    out[at + g] = scales[g]! | ((scales[g + 4]! >> 4) << 6);
    out[at + g + 4] = minima[g]! | ((minima[g + 4]! >> 4) << 6);
    out[at + g + 8] = (scales[g + 4]! & 15) | ((minima[g + 4]! & 15) << 4);
  }
}

/** Rounds the greatest of the fits to f16 / 63 and the others to 6 bits of that. */
function roundFits(fits: readonly GroupFit[], part: keyof GroupFit, to: Uint8Array): number {
  let most = 0;
  for (const fit of fits) most = Math.max(most, fit[part]);
  const bits = f32ToF16(most / 63);
  const unit = f16ToF32(bits);
  const inverse = most > 0 ? 63 / most : 0;
  fits.forEach((fit, g) => {
    to[g] = Math.min(63, Math.round(Math.max(0, fit[part]) * inverse));
    fit[part] = unit * to[g]!;
  });
  return bits;
}

/** Encodes whole blocks of 256 values into `out` from byte `at`. */
export function q4_k(x: Float32Array, out: Uint8Array, at: number): void {
  const weights = new Float64Array(GROUP);
  const fits = Array.from({ length: GROUPS }, (): GroupFit => ({ scale: 0, minimum: 0 }));
  const [scales, minima] = [new Uint8Array(GROUPS), new Uint8Array(GROUPS)];
  for (let start = 0, o = at; start < x.length; start += SIZE, o += BYTES) {
    fits.forEach((fit, g) => {
      fitGroup(x, start + g * GROUP, weights, fit);
    });
    for (const [i, bits] of [
      roundFits(fits, "scale", scales),
      roundFits(fits, "minimum", minima),
    ].entries()) {
      out[o + 2 * i] = bits & 0xff;
      out[o + 2 * i + 1] = bits >> 8;
    }
    packScales(scales, minima, out, o + 4);
    out.fill(0, o + 16, o + BYTES);
    fits.forEach(({ scale, minimum }, g) => {
      if (scale === 0) return;
      const from = start + g * GROUP;
      const to = o + 16 + (g >> 1) * GROUP; // two groups share 32 bytes: low nibbles, then high
      for (let j = 0; j < GROUP; j++) {
        out[to + j]! |= levelOf(x[from + j]! + minimum, 1 / scale) << (4 * (g & 1));
      }
    });
  }
}
