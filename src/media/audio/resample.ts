/**
 * Sample rates changed by a windowed sinc in polyphase form.
 * Same filter as torchaudio.functional.resample by default ("sinc_interp_hann", 6 zero crossings,
 * roll-off 0.99), after Julius O. Smith, "Digital Audio Resampling". Only the taps within the
 * window are kept and summed.
 */

import type { Audio } from "../types.ts";
import { keepRecent } from "./recent.ts";

const ZERO_CROSSINGS = 6;
const ROLL_OFF = 0.99;
export const MAX_SAMPLE_RATE = 768_000;

/** Weights of each of `to` phases: output k · to + p sums inputs from k · from + starts[p] on. */
interface Kernel {
  readonly from: number;
  readonly to: number;
  readonly taps: number;
  readonly starts: Int32Array;
  /** [to, taps] */
  readonly weights: Float64Array;
}

/**
 * The audio at another rate, ⌈length · rate / sampleRate⌉ samples.
 *
 * @param rate samples a second, a whole number
 * @throws Error where a rate is not a whole number from 1 to 768,000
 * @example
 * const speech = resample(await decodeAudio("turn-left.mp3"), 16_000);
 */
export function resample(audio: Audio, rate: number): Audio {
  for (const value of [audio.sampleRate, rate]) {
    if (Number.isInteger(value) && value >= 1 && value <= MAX_SAMPLE_RATE) continue;
    throw new Error(
      `cannot resample from ${audio.sampleRate} to ${rate} Hz: expected whole numbers from 1 to ` +
        `${MAX_SAMPLE_RATE}`,
    );
  }
  if (rate === audio.sampleRate) return audio;
  const { samples: input } = audio;
  const divisor = greatestCommonDivisor(audio.sampleRate, rate);
  const { from, to, taps, starts, weights } = kernelFor([
    audio.sampleRate / divisor,
    rate / divisor,
  ]);
  const samples = new Float32Array(Math.ceil((input.length * to) / from));
  let origin = 0;
  let phase = 0;
  for (let n = 0; n < samples.length; n++) {
    const start = origin + starts[phase]!;
    const first = Math.max(0, -start); // beyond the ends lies silence
    const end = Math.min(taps, input.length - start);
    const row = phase * taps;
    let sum = 0;
    for (let i = first; i < end; i++) sum += weights[row + i]! * input[start + i]!;
    samples[n] = sum;
    if (++phase === to) {
      phase = 0;
      origin += from;
    }
  }
  return { sampleRate: rate, samples };
}

const kernelFor = keepRecent(4, String, createKernel);

function createKernel([from, to]: readonly [from: number, to: number]): Kernel {
  // Times are in units of 1 / (rate / divisor); the cut-off lies below both Nyquist frequencies.
  const cutoff = Math.min(from, to) * ROLL_OFF;
  const reach = (ZERO_CROSSINGS * from) / cutoff; // in input samples, to each side
  const taps = Math.floor(2 * reach) + 1;
  const starts = new Int32Array(to);
  const weights = new Float64Array(to * taps);
  for (let phase = 0; phase < to; phase++) {
    const centre = (phase * from) / to;
    const start = Math.ceil(centre - reach);
    starts[phase] = start;
    for (let i = 0; i < taps; i++) {
      const t = ((start + i) / from - phase / to) * cutoff;
      if (Math.abs(t) >= ZERO_CROSSINGS) continue;
      const window = Math.cos((Math.PI * t) / ZERO_CROSSINGS / 2) ** 2;
      const sinc = t === 0 ? 1 : Math.sin(Math.PI * t) / (Math.PI * t);
      weights[phase * taps + i] = (sinc * window * cutoff) / from;
    }
  }
  return { from, to, taps, starts, weights };
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
