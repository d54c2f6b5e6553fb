/**
 * Signals from magnitudes alone (Griffin and Lim 1984), with the momentum of "A fast Griffin-Lim
 * algorithm" (Perraudin, Balazs, Søndergaard 2013) as torchaudio and librosa apply it.
 */

import { createRandom } from "../../nn/random.ts";
import { type Framing, hannWindow, istft, type Spectrogram, stft } from "./stft.ts";

export interface GriffinLimOptions {
  /** Samples from one frame to the next (default a quarter of a frame). */
  readonly hop?: number;
  /** [2 · (bins - 1)]; default a periodic Hann window. */
  readonly window?: Float64Array;
  /** Default 32. */
  readonly iterations?: number;
  /** 0 (the original algorithm) up to but not 1; default 0.99. */
  readonly momentum?: number;
  /** Samples of the result (default hop · (frames - 1)). */
  readonly length?: number;
  /** Phases start at random, by this seed; at zero where not given. */
  readonly seed?: number;
}

/**
 * A signal whose short-time magnitudes come close to `magnitudes` [frames, bins].
 *
 * @throws Error where there are too few frames for a signal, or the momentum is not below 1
 * @example
 * const samples = griffinLim(magnitudes, { hop: 256, iterations: 60 });
 */
export function griffinLim(magnitudes: Spectrogram, options: GriffinLimOptions = {}): Float32Array {
  const { frames, bins, data } = magnitudes;
  const fftSize = 2 * (bins - 1);
  const { hop = Math.floor(fftSize / 4), window = hannWindow(fftSize) } = options;
  const { iterations = 32, momentum = 0.99, length = hop * (frames - 1), seed } = options;
  if (!(momentum >= 0 && momentum < 1)) {
    throw new Error(`Griffin-Lim's momentum must be at least 0 and below 1, not ${momentum}`);
  }
  if (length <= fftSize / 2) {
    throw new Error(
      `${frames} frames every ${hop} samples are too short a spectrogram for Griffin-Lim: ` +
        `expected more than ${fftSize / 2} samples`,
    );
  }
  const framing: Framing = { fftSize, hop, window };
  // Each place of the spectrum: its magnitude, turned by the phase of the last estimate.
  const [re, im] = [Float64Array.from(data), new Float64Array(data.length)];
  if (seed !== undefined) {
    const random = createRandom(seed, "griffin-lim");
    for (let i = 0; i < data.length; i++) {
      const phase = 2 * Math.PI * random.uniform();
      re[i] = data[i]! * Math.cos(phase);
      im[i] = data[i]! * Math.sin(phase);
    }
  }
  const keep = momentum / (1 + momentum);
  let previous: { re: Float64Array; im: Float64Array } | undefined;
  for (let iteration = 0; iteration < iterations; iteration++) {
    const rebuilt = stft(istft({ frames, bins, re, im }, framing, length), framing);
    for (let i = 0; i < data.length; i++) {
      const real = rebuilt.re[i]! - (previous ? keep * previous.re[i]! : 0);
      const imaginary = rebuilt.im[i]! - (previous ? keep * previous.im[i]! : 0);
      const scale = data[i]! / (Math.sqrt(real * real + imaginary * imaginary) + 1e-16);
      re[i] = real * scale;
      im[i] = imaginary * scale;
    }
    previous = rebuilt;
  }
  return Float32Array.from(istft({ frames, bins, re, im }, framing, length));
}
