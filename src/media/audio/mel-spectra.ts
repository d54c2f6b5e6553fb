/** Filtered spectra of many frames: by the SIMD kernels where the size allows it, else by fft.ts. */

import { compileWasm, createWasmMemory, instantiateWasm } from "../../runtime/wasm-assembler.ts";
import { applyMelFilters, type MelFilters } from "./mel-filters.ts";
import { COMPLEX, type MelFunctions, melFunctions } from "./mel-kernels.ts";
import { checkLength, type Framing, fillFrame, forEachSpectrum } from "./stft.ts";

/** What is filtered of a spectrum. */
export type SpectrumKind = "power" | "magnitude";

/**
 * Spectra of centred frames (see `forEachSpectrum`), filtered.
 *
 * @param data [frames, mels], written; its length says how many frames
 */
export function melSpectra(
  samples: Float32Array,
  framing: Framing,
  filters: MelFilters,
  kind: SpectrumKind,
  data: Float32Array,
): void {
  const { fftSize, hop } = framing;
  const { mels } = filters;
  const frames = data.length / mels;
  checkLength(samples, fftSize);
  const kernel = kernelOf(framing, filters, kind);
  if (!kernel) {
    const root = kind === "magnitude" ? Math.sqrt : (power: number) => power;
    forEachSpectrum(samples, framing, (frame, re, im) => {
      if (frame >= frames) return;
      for (let k = 0; k < re.length; k++) re[k] = root(re[k]! * re[k]! + im[k]! * im[k]!);
      applyMelFilters(filters, re, data, frame * mels);
    });
    return;
  }
  const [a, b] = kernel.frames;
  const [first, second] = kernel.results;
  for (let frame = 0; frame < frames; frame += 2) {
    const isLast = frame + 1 === frames;
    fillFrame(samples, frame * hop, a);
    if (!isLast) fillFrame(samples, (frame + 1) * hop, b);
    kernel.run();
    data.set(first, frame * mels);
    if (!isLast) data.set(second, (frame + 1) * mels);
  }
}

/** Two frames, and their filtered spectra, in one memory. */
interface MelKernel {
  /** [fftSize] each */
  readonly frames: readonly [Float32Array, Float32Array];
  /** [mels] each */
  readonly results: readonly [Float32Array, Float32Array];
  run(): void;
}

let compiled: object | undefined;

interface Kept {
  readonly window: Float64Array;
  readonly kind: SpectrumKind;
  readonly kernel: MelKernel;
}

/** The last of each filters, which their maker keeps. */
const kernels = new WeakMap<MelFilters, Kept>();

function kernelOf(
  framing: Framing,
  filters: MelFilters,
  kind: SpectrumKind,
): MelKernel | undefined {
  const { window } = framing;
  const known = kernels.get(filters);
  if (known?.window === window && known.kind === kind) return known.kernel;
  const radices = radicesOf(framing.fftSize);
  if (!radices) return undefined;
  const kernel = createKernel(framing, filters, kind, radices);
  kernels.set(filters, { window, kind, kernel });
  return kernel;
}

/** Of the transform of half the size; undefined where 5, 4 and one 2 do not suffice. */
function radicesOf(size: number): (2 | 4 | 5)[] | undefined {
  if (size % 2 !== 0) return undefined;
  const radices: (2 | 4 | 5)[] = [];
  let left = size / 2;
  for (const radix of [5, 4, 2] as const) {
    for (; left % radix === 0; left /= radix) radices.push(radix);
  }
  return left === 1 ? radices : undefined;
}

function createKernel(
  { fftSize, window }: Framing,
  { mels, bins, starts, offsets, weights }: MelFilters,
  kind: SpectrumKind,
  radices: readonly (2 | 4 | 5)[],
): MelKernel {
  const half = fftSize / 2;
  let size = 0;
  /** Bytes of a section, on a boundary of 16. */
  const section = (bytes: number): number => {
    const at = size;
    size += Math.ceil(bytes / 16) * 16;
    return at;
  };
  const [frameA, frameB] = [section(4 * fftSize), section(4 * fftSize)];
  const [windowAt, turns] = [section(8 * fftSize), section(16 * half)];
  const [x, y] = [section(COMPLEX * half), section(COMPLEX * half)];
  const [spectrum, table] = [section(16 * bins), section(8 * mels)];
  const weightsAt = section(8 * weights.length);
  const [resultA, resultB] = [section(4 * mels), section(4 * mels)];
  const twiddles = section(8 * 2 * fftSize * radices.length);
  const memory = createWasmMemory(size);
  const f64 = new Float64Array(memory.buffer);
  const i32 = new Int32Array(memory.buffer);
  // Halved, since the sums of mirrored bins are twice what they should be.
  for (let i = 0; i < fftSize; i++) f64[windowAt / 8 + i] = window[i]! / 2;
  for (let k = 1; k <= half / 2; k++) {
    const angle = (-Math.PI * k) / half;
    f64.set([Math.cos(angle), Math.sin(angle)], turns / 8 + 2 * (k - 1));
  }
  f64.set(weights, weightsAt / 8);
  for (let i = 0; i < mels; i++) {
    i32.set([16 * starts[i]!, weightsAt + 8 * offsets[i + 1]!], table / 4 + 2 * i);
  }
  compiled ??= compileWasm(melFunctions);
  const functions = instantiateWasm(compiled, memory) as MelFunctions; // of mel-kernels.ts
  const passes = passesOf(half, radices, f64, twiddles).map(({ radix, ...pass }, i) => {
    const [from, to] = i % 2 === 0 ? [x, y] : [y, x];
    return { ...pass, from, to, pass: functions[`pass${radix}`] };
  });
  const transformed = passes.length % 2 === 0 ? x : y;
  const f32 = (at: number, length: number) => new Float32Array(memory.buffer, at, length);
  return {
    frames: [f32(frameA, fftSize), f32(frameB, fftSize)],
    results: [f32(resultA, mels), f32(resultB, mels)],
    run() {
      functions.fill(frameA, frameB, windowAt, x, x + COMPLEX * half);
      for (const { pass, from, to, twiddles: at, stride, step } of passes) {
        pass(from, to, at, from + step, stride, step);
      }
      const last = transformed + COMPLEX * (half - 1);
      const middle = transformed + COMPLEX * (Math.floor(half / 2) + 1);
      functions.power(transformed, last, turns, spectrum, spectrum + 16 * half, middle);
      if (kind === "magnitude") functions.root(spectrum, spectrum + 16 * bins);
      functions.filter(spectrum, table, table + 8 * mels, weightsAt, resultA, resultB);
    },
  };
}

/** Passes of a transform of `size`, their twiddle factors written from `at` on. */
function passesOf(
  size: number,
  radices: readonly (2 | 4 | 5)[],
  memory: Float64Array,
  start: number,
) {
  let at = start;
  let stride = 1;
  return radices.map((radix) => {
    const length = size / stride;
    const count = length / radix;
    const pass = { radix, twiddles: at, stride: COMPLEX * stride, step: COMPLEX * count * stride };
    for (let p = 0; p < count; p++) {
      for (let j = 1; j < radix; j++) {
        const angle = (-2 * Math.PI * ((p * j) % length)) / length;
        memory.set([Math.cos(angle), Math.sin(angle)], at / 8);
        at += 16;
      }
    }
    stride *= radix;
    return pass;
  });
}
