/** Short-time Fourier transforms of centred frames, as torch.stft and torch.istft define them. */

import { createRealFft } from "./real-fft.ts";

/** Row by row: a frame's bins lie side by side. */
export interface Spectrogram {
  readonly frames: number;
  readonly bins: number;
  /** [frames, bins] */
  readonly data: Float32Array;
}

/** [frames, bins] each. */
export interface ComplexSpectrogram {
  readonly frames: number;
  readonly bins: number;
  readonly re: Float64Array;
  readonly im: Float64Array;
}

export interface Framing {
  /** Samples of a transform. */
  readonly fftSize: number;
  /** Samples from one frame to the next. */
  readonly hop: number;
  /** [fftSize], weights of a frame's samples. */
  readonly window: Float64Array;
}

/** sin²; periodic leaves out the last of `size + 1` points, as spectral analysis wants it. */
export function hannWindow(
  size: number,
  kind: "periodic" | "symmetric" = "periodic",
): Float64Array {
  const period = kind === "periodic" ? size : size - 1;
  return Float64Array.from({ length: size }, (_, n) => Math.sin((Math.PI * n) / period) ** 2);
}

/** Frames that `length` samples give. */
export const frameCount = (length: number, hop: number): number => 1 + Math.floor(length / hop);

/**
 * Calls `use` with the spectrum of each frame; its arrays are valid during the call only. Frame i
 * is centred on sample i · hop; what lies beyond the ends mirrors the signal.
 *
 * @throws Error where the signal is too short to be mirrored
 */
export function forEachSpectrum(
  samples: Float32Array | Float64Array,
  { fftSize, hop, window }: Framing,
  use: (frame: number, re: Float64Array, im: Float64Array) => void,
): void {
  checkLength(samples, fftSize);
  const fft = createRealFft(fftSize);
  const frame = new Float64Array(fftSize);
  const [re, im] = [new Float64Array(fft.bins), new Float64Array(fft.bins)];
  const frames = frameCount(samples.length, hop);
  for (let f = 0; f < frames; f++) {
    fillFrame(samples, f * hop, frame);
    for (let i = 0; i < fftSize; i++) frame[i]! *= window[i]!;
    fft.forward(frame, re, im);
    use(f, re, im);
  }
}

/** @throws Error where the signal is too short to be mirrored */
export function checkLength({ length }: ArrayLike<number>, fftSize: number): void {
  const half = Math.floor(fftSize / 2);
  if (length > half) return;
  throw new Error(
    `a spectrogram with frames of ${fftSize} samples needs at least ${half + 1} samples, not ` +
      `${length}: pad the audio with zeros, or use shorter frames`,
  );
}

/** The samples around one; what lies beyond the ends mirrors the signal. */
export function fillFrame(
  samples: Float32Array | Float64Array,
  centre: number,
  frame: Float32Array | Float64Array,
): void {
  const start = centre - Math.floor(frame.length / 2);
  const last = samples.length - 1;
  if (start >= 0 && start + frame.length <= samples.length) {
    frame.set(samples.subarray(start, start + frame.length));
    return;
  }
  for (let i = 0; i < frame.length; i++) {
    const at = Math.abs(start + i);
    frame[i] = samples[at > last ? 2 * last - at : at]!;
  }
}

export function stft(samples: Float32Array | Float64Array, framing: Framing): ComplexSpectrogram {
  const frames = frameCount(samples.length, framing.hop);
  const bins = Math.floor(framing.fftSize / 2) + 1;
  const re = new Float64Array(frames * bins);
  const im = new Float64Array(frames * bins);
  forEachSpectrum(samples, framing, (frame, real, imaginary) => {
    re.set(real, frame * bins);
    im.set(imaginary, frame * bins);
  });
  return { frames, bins, re, im };
}

/**
 * The signal whose frames come closest (Griffin and Lim, 1984): overlapping frames are added under
 * the window and divided by the sum of its squares.
 *
 * @param length samples of the result; hop · (frames - 1) where not given
 */
export function istft(
  { frames, bins, re, im }: ComplexSpectrogram,
  { fftSize, hop, window }: Framing,
  length = hop * (frames - 1),
): Float64Array {
  const half = Math.floor(fftSize / 2);
  const fft = createRealFft(fftSize);
  const frame = new Float64Array(fftSize);
  const samples = new Float64Array(length);
  const weights = new Float64Array(length);
  for (let f = 0; f < frames; f++) {
    fft.inverse(
      re.subarray(f * bins, (f + 1) * bins),
      im.subarray(f * bins, (f + 1) * bins),
      frame,
    );
    const start = f * hop - half;
    const end = Math.min(fftSize, length - start);
    for (let i = Math.max(0, -start); i < end; i++) {
      samples[start + i]! += frame[i]! * window[i]!;
      weights[start + i]! += window[i]! * window[i]!;
    }
  }
  for (let n = 0; n < length; n++) if (weights[n]! > 1e-11) samples[n]! /= weights[n]!;
  return samples;
}
