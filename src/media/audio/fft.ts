/**
 * The discrete Fourier transform of any size, in place on split real and imaginary parts.
 * Stockham's self-sorting passes of radix 5, 4, 3 and 2; sizes with another prime factor go through
 * Bluestein's convolution (IEEE Trans. Audio 18, 1970).
 */

export interface Fft {
  readonly size: number;
  /** Forward, unscaled. With the two arguments swapped it is the inverse, times `size`. */
  transform(re: Float64Array, im: Float64Array): void;
}

/** Plans a complex transform; the plan holds scratch memory, so it serves one caller at a time. */
export function createFft(size: number): Fft {
  const radices = factor(size);
  return radices ? createMixedRadix(size, radices) : createBluestein(size);
}

/** The radices whose product is `size`, or undefined where 2, 3 and 5 do not suffice. */
function factor(size: number): number[] | undefined {
  const radices: number[] = [];
  let left = size;
  for (const radix of [5, 4, 3, 2]) {
    while (left % radix === 0) {
      radices.push(radix);
      left /= radix;
    }
  }
  return left === 1 ? radices : undefined;
}

/** One pass: `stride` transforms are interleaved, each of length radix · count. */
interface Pass {
  readonly radix: number;
  readonly count: number;
  readonly stride: number;
  /** exp(-2πi · p · j / (radix · count)) for j = 1 … radix - 1 of each p. */
  readonly cos: Float64Array;
  readonly sin: Float64Array;
}

function createMixedRadix(size: number, radices: readonly number[]): Fft {
  const passes: Pass[] = [];
  let stride = 1;
  for (const radix of radices) {
    const length = size / stride;
    const count = length / radix;
    const angles = Float64Array.from({ length: count * (radix - 1) }, (_, i) => {
      const [p, j] = [Math.floor(i / (radix - 1)), (i % (radix - 1)) + 1];
      return (-2 * Math.PI * ((p * j) % length)) / length;
    });
    passes.push({ radix, count, stride, cos: angles.map(Math.cos), sin: angles.map(Math.sin) });
    stride *= radix;
  }
  const [scratchRe, scratchIm] = [new Float64Array(size), new Float64Array(size)];
  return {
    size,
    transform(re, im) {
      let [fromRe, fromIm] = [re, im];
      let [toRe, toIm]: [Float64Array, Float64Array] = [scratchRe, scratchIm];
      for (const pass of passes) {
        run[pass.radix]!(pass, fromRe, fromIm, toRe, toIm);
        [fromRe, fromIm, toRe, toIm] = [toRe, toIm, fromRe, fromIm];
      }
      if (fromRe === re) return;
      re.set(scratchRe);
      im.set(scratchIm);
    },
  };
}

type RunPass = (
  pass: Pass,
  xr: Float64Array,
  xi: Float64Array,
  yr: Float64Array,
  yi: Float64Array,
) => void;

/** Decimation in frequency: butterfly first, then the twiddle factor, by radix. */
const run: Readonly<Record<number, RunPass>> = { 2: pass2, 3: pass3, 4: pass4, 5: pass5 };

function pass2(
  { count, stride, cos, sin }: Pass,
  xr: Float64Array,
  xi: Float64Array,
  yr: Float64Array,
  yi: Float64Array,
): void {
  for (let p = 0; p < count; p++) {
    const wr = cos[p]!;
    const wi = sin[p]!;
    const last = (p + 1) * stride;
    for (let a = p * stride, y = 2 * a; a < last; a++, y++) {
      const b = a + count * stride;
      const re = xr[a]! - xr[b]!;
      const im = xi[a]! - xi[b]!;
      yr[y] = xr[a]! + xr[b]!;
      yi[y] = xi[a]! + xi[b]!;
      yr[y + stride] = re * wr - im * wi;
      yi[y + stride] = re * wi + im * wr;
    }
  }
}

const SIN_3 = Math.sqrt(3) / 2;

function pass3(
  { count, stride, cos, sin }: Pass,
  xr: Float64Array,
  xi: Float64Array,
  yr: Float64Array,
  yi: Float64Array,
): void {
  const step = count * stride;
  for (let p = 0; p < count; p++) {
    const w1r = cos[2 * p]!;
    const w1i = sin[2 * p]!;
    const w2r = cos[2 * p + 1]!;
    const w2i = sin[2 * p + 1]!;
    const last = (p + 1) * stride;
    for (let a = p * stride, y = 3 * p * stride; a < last; a++, y++) {
      const b = a + step;
      const c = b + step;
      const sr = xr[b]! + xr[c]!;
      const si = xi[b]! + xi[c]!;
      const dr = SIN_3 * (xr[b]! - xr[c]!);
      const di = SIN_3 * (xi[b]! - xi[c]!);
      const mr = xr[a]! - sr / 2;
      const mi = xi[a]! - si / 2;
      yr[y] = xr[a]! + sr;
      yi[y] = xi[a]! + si;
      const y1 = y + stride;
      const y2 = y1 + stride;
      yr[y1] = (mr + di) * w1r - (mi - dr) * w1i;
      yi[y1] = (mr + di) * w1i + (mi - dr) * w1r;
      yr[y2] = (mr - di) * w2r - (mi + dr) * w2i;
      yi[y2] = (mr - di) * w2i + (mi + dr) * w2r;
    }
  }
}

function pass4(
  { count, stride, cos, sin }: Pass,
  xr: Float64Array,
  xi: Float64Array,
  yr: Float64Array,
  yi: Float64Array,
): void {
  const step = count * stride;
  for (let p = 0; p < count; p++) {
    const w = 3 * p;
    const w1r = cos[w]!;
    const w1i = sin[w]!;
    const w2r = cos[w + 1]!;
    const w2i = sin[w + 1]!;
    const w3r = cos[w + 2]!;
    const w3i = sin[w + 2]!;
    const last = (p + 1) * stride;
    for (let a = p * stride, y = 4 * p * stride; a < last; a++, y++) {
      const b = a + step;
      const c = b + step;
      const d = c + step;
      const sumR = xr[a]! + xr[c]!;
      const sumI = xi[a]! + xi[c]!;
      const difR = xr[a]! - xr[c]!;
      const difI = xi[a]! - xi[c]!;
      const oddR = xr[b]! + xr[d]!;
      const oddI = xi[b]! + xi[d]!;
      const turnR = xi[b]! - xi[d]!; // (b - d) · -i
      const turnI = xr[d]! - xr[b]!;
      yr[y] = sumR + oddR;
      yi[y] = sumI + oddI;
      const y1 = y + stride;
      const y2 = y1 + stride;
      const y3 = y2 + stride;
      yr[y1] = (difR + turnR) * w1r - (difI + turnI) * w1i;
      yi[y1] = (difR + turnR) * w1i + (difI + turnI) * w1r;
      yr[y2] = (sumR - oddR) * w2r - (sumI - oddI) * w2i;
      yi[y2] = (sumR - oddR) * w2i + (sumI - oddI) * w2r;
      yr[y3] = (difR - turnR) * w3r - (difI - turnI) * w3i;
      yi[y3] = (difR - turnR) * w3i + (difI - turnI) * w3r;
    }
  }
}

const COS_5 = Math.cos((2 * Math.PI) / 5);
const COS_5_TWICE = Math.cos((4 * Math.PI) / 5);
const SIN_5 = Math.sin((2 * Math.PI) / 5);
const SIN_5_TWICE = Math.sin((4 * Math.PI) / 5);

function pass5(
  { count, stride, cos, sin }: Pass,
  xr: Float64Array,
  xi: Float64Array,
  yr: Float64Array,
  yi: Float64Array,
): void {
  const step = count * stride;
  for (let p = 0; p < count; p++) {
    const w = 4 * p;
    const w1r = cos[w]!;
    const w1i = sin[w]!;
    const w2r = cos[w + 1]!;
    const w2i = sin[w + 1]!;
    const w3r = cos[w + 2]!;
    const w3i = sin[w + 2]!;
    const w4r = cos[w + 3]!;
    const w4i = sin[w + 3]!;
    const last = (p + 1) * stride;
    for (let a = p * stride, y = 5 * p * stride; a < last; a++, y++) {
      const b = a + step;
      const c = b + step;
      const d = c + step;
      const e = d + step;
      // Pairs that mirror each other: their sums see the cosines, their differences the sines.
      const sr = xr[b]! + xr[e]!;
      const si = xi[b]! + xi[e]!;
      const tr = xr[c]! + xr[d]!;
      const ti = xi[c]! + xi[d]!;
      const ur = xr[b]! - xr[e]!;
      const ui = xi[b]! - xi[e]!;
      const vr = xr[c]! - xr[d]!;
      const vi = xi[c]! - xi[d]!;
      const m1r = xr[a]! + COS_5 * sr + COS_5_TWICE * tr;
      const m1i = xi[a]! + COS_5 * si + COS_5_TWICE * ti;
      const m2r = xr[a]! + COS_5_TWICE * sr + COS_5 * tr;
      const m2i = xi[a]! + COS_5_TWICE * si + COS_5 * ti;
      const n1r = SIN_5 * ur + SIN_5_TWICE * vr;
      const n1i = SIN_5 * ui + SIN_5_TWICE * vi;
      const n2r = SIN_5_TWICE * ur - SIN_5 * vr;
      const n2i = SIN_5_TWICE * ui - SIN_5 * vi;
      yr[y] = xr[a]! + sr + tr;
      yi[y] = xi[a]! + si + ti;
      const y1 = y + stride;
      const y2 = y1 + stride;
      const y3 = y2 + stride;
      const y4 = y3 + stride;
      yr[y1] = (m1r + n1i) * w1r - (m1i - n1r) * w1i;
      yi[y1] = (m1r + n1i) * w1i + (m1i - n1r) * w1r;
      yr[y2] = (m2r + n2i) * w2r - (m2i - n2r) * w2i;
      yi[y2] = (m2r + n2i) * w2i + (m2i - n2r) * w2r;
      yr[y3] = (m2r - n2i) * w3r - (m2i + n2r) * w3i;
      yi[y3] = (m2r - n2i) * w3i + (m2i + n2r) * w3r;
      yr[y4] = (m1r - n1i) * w4r - (m1i + n1r) * w4i;
      yi[y4] = (m1r - n1i) * w4i + (m1i + n1r) * w4r;
    }
  }
}

/** As a circular convolution with a chirp, whose size is a power of two. */
function createBluestein(size: number): Fft {
  const padded = 2 ** Math.ceil(Math.log2(2 * size - 1));
  const fft = createFft(padded);
  // exp(-πi k² / size); k² modulo 2 · size keeps the angle exact.
  const angles = Float64Array.from({ length: size }, (_, k) => {
    return (-Math.PI * ((k * k) % (2 * size))) / size;
  });
  const [cos, sin] = [angles.map(Math.cos), angles.map(Math.sin)];
  const [chirpRe, chirpIm] = [new Float64Array(padded), new Float64Array(padded)];
  for (let k = 0; k < size; k++) {
    for (const at of [k, (padded - k) % padded]) {
      chirpRe[at] = cos[k]! / padded;
      chirpIm[at] = -sin[k]! / padded;
    }
  }
  fft.transform(chirpRe, chirpIm);
  const [ar, ai] = [new Float64Array(padded), new Float64Array(padded)];
  return {
    size,
    transform(re, im) {
      ar.fill(0);
      ai.fill(0);
      for (let k = 0; k < size; k++) {
        ar[k] = re[k]! * cos[k]! - im[k]! * sin[k]!;
        ai[k] = re[k]! * sin[k]! + im[k]! * cos[k]!;
      }
      fft.transform(ar, ai);
      for (let k = 0; k < padded; k++) {
        const real = ar[k]! * chirpRe[k]! - ai[k]! * chirpIm[k]!;
        ai[k] = ar[k]! * chirpIm[k]! + ai[k]! * chirpRe[k]!;
        ar[k] = real;
      }
      fft.transform(ai, ar);
      for (let k = 0; k < size; k++) {
        re[k] = ar[k]! * cos[k]! - ai[k]! * sin[k]!;
        im[k] = ar[k]! * sin[k]! + ai[k]! * cos[k]!;
      }
    },
  };
}
