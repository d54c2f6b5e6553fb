/**
 * Weights of Pillow's resampler (src/libImaging/Resample.c), as its 8-bit path has them: computed in
 * f64, made to add up to 1, then fixed-point numbers with 22 bits behind the point.
 */

export type Filter = "bicubic" | "bilinear" | "lanczos";

/** 32 bits less 8 of the pixel and 2 for weights below 0 and above 1. */
export const PRECISION_BITS = 22;

/** For each output position: `size` inputs from `first` on, weighted by `weights[i * taps + j]`. */
export interface Coefficients {
  readonly taps: number;
  readonly first: Int32Array;
  readonly size: Int32Array;
  readonly weights: Int32Array;
}

interface Kernel {
  /** Half its width, in output pixels when shrinking, else in input pixels. */
  readonly support: number;
  readonly at: (x: number) => number;
}

/** Keys' cubic with a = -0.5. */
function cubic(x: number): number {
  const d = Math.abs(x);
  if (d < 1) return (1.5 * d - 2.5) * d * d + 1;
  return d < 2 ? (((d - 5) * d + 8) * d - 4) * -0.5 : 0;
}

function sinc(x: number): number {
  if (x === 0) return 1;
  const angle = x * Math.PI;
  return Math.sin(angle) / angle;
}

const kernels: Record<Filter, Kernel> = {
  bilinear: { support: 1, at: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: { support: 2, at: cubic },
  lanczos: { support: 3, at: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

/** @param from pixels of the input along this side  @param to pixels of the output */
export function computeCoefficients(from: number, to: number, filter: Filter): Coefficients {
  const kernel = kernels[filter];
  const scale = from / to;
  const stretch = Math.max(scale, 1); // when shrinking, the kernel widens: antialiasing
  const support = kernel.support * stretch;
  const taps = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(to);
  const size = new Int32Array(to);
  const weights = new Int32Array(to * taps);
  const exact = new Float64Array(taps);
  const step = 1 / stretch;
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * scale;
    const start = Math.max(0, Math.trunc(centre - support + 0.5));
    const count = Math.min(from, Math.trunc(centre + support + 0.5)) - start;
    let total = 0;
    for (let j = 0; j < count; j++) {
      exact[j] = kernel.at((j + start - centre + 0.5) * step);
      total += exact[j]!;
    }
    for (let j = 0; j < count; j++) {
      const weight = total === 0 ? exact[j]! : exact[j]! / total;
      const fixed = weight * (1 << PRECISION_BITS);
      weights[i * taps + j] = Math.trunc(fixed < 0 ? fixed - 0.5 : fixed + 0.5);
    }
    first[i] = start;
    size[i] = count;
  }
  return { taps, first, size, weights };
}
