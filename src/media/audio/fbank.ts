/**
 * Kaldi's filter-bank features, as fairseq's speech models and OFASys's `audio` slot take them.
 * Recipe: Kaldi's compute-fbank-feats and torchaudio.compliance.kaldi.fbank, without dither.
 */

import type { Audio } from "../types.ts";
import { applyMelFilters, melFilters } from "./mel-filters.ts";
import { createRealFft } from "./real-fft.ts";
import { hannWindow, type Spectrogram } from "./stft.ts";

export interface FbankOptions {
  /** Number of filters (default 80). */
  readonly mels?: number;
  /** Seconds of a frame, and from one to the next (default 0.025 and 0.01). */
  readonly frameLength?: number;
  readonly frameShift?: number;
  /** Default 20. */
  readonly lowHertz?: number;
  /** Default half the sample rate. */
  readonly highHertz?: number;
  /** Default "povey"; the Audio Spectrogram Transformer takes "hann". */
  readonly window?: "povey" | "hann";
  /** What samples are multiplied by: 32768 (default) as Kaldi's 16-bit files have them. */
  readonly gain?: number;
}

const PREEMPHASIS = 0.97;
/** The smallest step of a 32-bit float at 1. */
const FLOOR = 2 ** -23;

/**
 * Natural logarithms of mel energies, [frames, mels]. Only whole frames count: audio shorter than
 * one gives none.
 *
 * @example
 * const features = fbank(resample(await decodeAudio("seven.wav"), 16_000));
 */
export function fbank(audio: Audio, options: FbankOptions = {}): Spectrogram {
  const { samples, sampleRate } = audio;
  const { mels = 80, frameLength = 0.025, frameShift = 0.01, gain = 32_768 } = options;
  const size = Math.floor(sampleRate * frameLength);
  const shift = Math.floor(sampleRate * frameShift);
  if (size < 2 || shift < 1) {
    throw new Error(
      `frames of ${frameLength} s every ${frameShift} s are too short at ${sampleRate} Hz: ` +
        "expected at least 2 samples every sample",
    );
  }
  const fft = createRealFft(2 ** Math.ceil(Math.log2(size)));
  const filters = melFilters({
    sampleRate,
    fftSize: fft.size,
    mels,
    lowHertz: options.lowHertz ?? 20,
    highHertz: options.highHertz ?? sampleRate / 2,
    scale: "kaldi",
    norm: "none",
    straightIn: "mel",
  });
  const power = options.window === "hann" ? 1 : 0.85; // Povey's window is a flatter Hann
  const window = hannWindow(size, "symmetric").map((weight) => weight ** power);
  const frames = samples.length < size ? 0 : 1 + Math.floor((samples.length - size) / shift);
  const data = new Float32Array(frames * mels);
  const frame = new Float64Array(fft.size);
  const [re, im] = [new Float64Array(fft.bins), new Float64Array(fft.bins)];
  for (let f = 0; f < frames; f++) {
    const start = f * shift;
    let mean = 0;
    for (let i = 0; i < size; i++) mean += samples[start + i]!;
    mean /= size;
    // The sample before the first counts as equal to it.
    let previous = samples[start]! - mean;
    for (let i = 0; i < size; i++) {
      const value = samples[start + i]! - mean;
      frame[i] = gain * (value - PREEMPHASIS * previous) * window[i]!;
      previous = value;
    }
    fft.forward(frame, re, im);
    for (let k = 0; k < fft.bins; k++) re[k] = re[k]! * re[k]! + im[k]! * im[k]!;
    applyMelFilters(filters, re, data, f * mels);
  }
  for (let i = 0; i < data.length; i++) data[i] = Math.log(Math.max(data[i]!, FLOOR));
  return { frames, bins: mels, data };
}
