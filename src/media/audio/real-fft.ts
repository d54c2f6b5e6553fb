/** The Fourier transform of real signals: half the work of the complex one for even sizes. */

import { createFft } from "./fft.ts";

export interface RealFft {
  readonly size: number;
  /** ⌊size / 2⌋ + 1: what lies above mirrors it. */
  readonly bins: number;
  /** `signal` [size] to `re` and `im` [bins]; unscaled. */
  forward(signal: Float64Array, re: Float64Array, im: Float64Array): void;
  /** Back, scaled by 1 / size. The imaginary parts of the ends are taken as 0, as numpy does. */
  inverse(re: Float64Array, im: Float64Array, signal: Float64Array): void;
}

/** Plans a transform; the plan holds scratch memory, so it serves one caller at a time. */
export function createRealFft(size: number): RealFft {
  return size % 2 === 0 ? createEven(size) : createOdd(size);
}

/** Even samples as real parts, odd ones as imaginary parts of a transform of half the size. */
function createEven(size: number): RealFft {
  const half = size / 2;
  const fft = createFft(half);
  const [zr, zi] = [new Float64Array(half), new Float64Array(half)];
  const cos = Float64Array.from({ length: half + 1 }, (_, k) => Math.cos((-Math.PI * k) / half));
  const sin = Float64Array.from({ length: half + 1 }, (_, k) => Math.sin((-Math.PI * k) / half));
  return {
    size,
    bins: half + 1,
    forward(signal, re, im) {
      for (let k = 0; k < half; k++) {
        zr[k] = signal[2 * k]!;
        zi[k] = signal[2 * k + 1]!;
      }
      fft.transform(zr, zi);
      re[0] = zr[0]! + zi[0]!;
      im[0] = 0;
      re[half] = zr[0]! - zi[0]!;
      im[half] = 0;
      // Bins k and half - k mirror each other; in the middle they are one.
      for (let k = 1, m = half - 1; k <= m; k++, m--) {
        const er = (zr[k]! + zr[m]!) / 2;
        const ei = (zi[k]! - zi[m]!) / 2;
        const or = (zi[k]! + zi[m]!) / 2;
        const oi = (zr[m]! - zr[k]!) / 2;
        const tr = or * cos[k]! - oi * sin[k]!;
        const ti = or * sin[k]! + oi * cos[k]!;
        re[k] = er + tr;
        im[k] = ei + ti;
        re[m] = er - tr;
        im[m] = ti - ei;
      }
    },
    inverse(re, im, signal) {
      for (let k = 0; k < half; k++) {
        const m = half - k;
        const ik = k === 0 ? 0 : im[k]!;
        const mk = k === 0 ? 0 : im[m]!;
        const er = re[k]! + re[m]!;
        const ei = ik - mk;
        const dr = re[k]! - re[m]!;
        const di = ik + mk;
        // The odd samples' spectrum, turned back by exp(+πi k / half).
        const or = dr * cos[k]! + di * sin[k]!;
        const oi = di * cos[k]! - dr * sin[k]!;
        zr[k] = er - oi;
        zi[k] = ei + or;
      }
      fft.transform(zi, zr);
      for (let k = 0; k < half; k++) {
        signal[2 * k] = zr[k]! / size;
        signal[2 * k + 1] = zi[k]! / size;
      }
    },
  };
}

function createOdd(size: number): RealFft {
  const fft = createFft(size);
  const bins = (size + 1) / 2;
  const [zr, zi] = [new Float64Array(size), new Float64Array(size)];
  return {
    size,
    bins,
    forward(signal, re, im) {
      zr.set(signal);
      zi.fill(0);
      fft.transform(zr, zi);
      re.set(zr.subarray(0, bins));
      im.set(zi.subarray(0, bins));
    },
    inverse(re, im, signal) {
      zr[0] = re[0]!;
      zi[0] = 0;
      for (let k = 1; k < bins; k++) {
        zr[k] = zr[size - k] = re[k]!;
        zi[k] = im[k]!;
        zi[size - k] = -im[k]!;
      }
      fft.transform(zi, zr);
      for (let k = 0; k < size; k++) signal[k] = zr[k]! / size;
    },
  };
}
