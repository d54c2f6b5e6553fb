/**
 * Log-mel spectrograms that speech synthesis predicts, and audio from them.
 * Settings: fairseq's speech synthesis (LJSpeech), which OFASys's `audio_tgt_fbank` follows.
 */

import type { Audio } from "../types.ts";
import { type GriffinLimOptions, griffinLim } from "./griffin-lim.ts";
import { type MelFilters, melFilters } from "./mel-filters.ts";
import { melSpectra } from "./mel-spectra.ts";
import { keepRecent } from "./recent.ts";
import { frameCount, hannWindow, type Spectrogram } from "./stft.ts";

export interface MelSpectrogramOptions {
  /** Number of filters (default 80). */
  readonly mels?: number;
  /** Samples of a frame (default 1024). */
  readonly fftSize?: number;
  /** Samples from one frame to the next (default 256). */
  readonly hop?: number;
  /** Default 20. */
  readonly lowHertz?: number;
  /** Default 8000, or half the sample rate where that is less. */
  readonly highHertz?: number;
}

/** Magnitudes below count as this. */
const FLOOR = 1e-5;

const frameOf = ({ fftSize = 1024, hop = 256 }: MelSpectrogramOptions) => ({ fftSize, hop });

const windowOf = keepRecent(4, String, (fftSize: number) => hannWindow(fftSize));

const filtersOf = (sampleRate: number, options: MelSpectrogramOptions): MelFilters =>
  melFilters({
    sampleRate,
    fftSize: frameOf(options).fftSize,
    mels: options.mels ?? 80,
    lowHertz: options.lowHertz ?? 20,
    highHertz: options.highHertz ?? Math.min(8000, sampleRate / 2),
    scale: "slaney",
    norm: "slaney",
    straightIn: "hertz",
  });

/**
 * Natural logarithms of mel magnitudes, [1 + ⌊samples / hop⌋, mels], usually of 22.05 kHz audio.
 *
 * @throws Error where the audio is no longer than half a frame
 * @example
 * const target = melSpectrogram(resample(await decodeAudio("seven.wav"), 22_050));
 */
export function melSpectrogram(audio: Audio, options: MelSpectrogramOptions = {}): Spectrogram {
  const { fftSize, hop } = frameOf(options);
  const filters = filtersOf(audio.sampleRate, options);
  const frames = frameCount(audio.samples.length, hop);
  const data = new Float32Array(frames * filters.mels);
  const framing = { fftSize, hop, window: windowOf(fftSize) };
  melSpectra(audio.samples, framing, filters, "magnitude", data);
  for (let i = 0; i < data.length; i++) data[i] = Math.log(Math.max(data[i]!, FLOOR));
  return { frames, bins: filters.mels, data };
}

/**
 * Magnitudes [frames, fftSize / 2 + 1] whose mel filters come closest to `logMel` [frames, mels]:
 * the filters' pseudo-inverse, without what it puts below 0.
 */
export function melToMagnitudes(
  logMel: Spectrogram,
  sampleRate: number,
  options: MelSpectrogramOptions = {},
): Spectrogram {
  const filters = filtersOf(sampleRate, { ...options, mels: logMel.bins });
  const solve = gramSolver(filters);
  const { bins, mels, starts, offsets, weights } = filters;
  const data = new Float32Array(logMel.frames * bins);
  const spectrum = new Float64Array(bins);
  for (let f = 0; f < logMel.frames; f++) {
    const row = logMel.data.subarray(f * mels, (f + 1) * mels);
    const mel = Float64Array.from(row, (value) => Math.exp(value));
    solve(mel);
    spectrum.fill(0);
    for (let i = 0; i < mels; i++) {
      for (let w = offsets[i]!, k = starts[i]!; w < offsets[i + 1]!; w++, k++) {
        spectrum[k]! += weights[w]! * mel[i]!;
      }
    }
    for (let k = 0; k < bins; k++) data[f * bins + k] = Math.max(0, spectrum[k]!);
  }
  return { frames: logMel.frames, bins, data };
}

/**
 * Solves (M Mᵀ) y = x in place, for filters M [mels, bins]: then Mᵀ y is M's pseudo-inverse times x.
 * A filter overlaps its two neighbours only, so the matrix is tridiagonal.
 */
function gramSolver({ mels, starts, offsets, weights }: MelFilters): (x: Float64Array) => void {
  const product = (a: number, b: number): number => {
    let sum = 0;
    const shift = starts[a]! - starts[b]!;
    for (let w = offsets[a]!; w < offsets[a + 1]!; w++) {
      const other = offsets[b]! + (w - offsets[a]!) + shift;
      if (other >= offsets[b]! && other < offsets[b + 1]!) sum += weights[w]! * weights[other]!;
    }
    return sum;
  };
  const diagonal = Float64Array.from({ length: mels }, (_, i) => product(i, i));
  // Filters narrower than a bin are empty or alike: a hair's breadth keeps the matrix regular.
  const ridge = 1e-12 * diagonal.reduce((a, b) => Math.max(a, b), 0);
  const upper = new Float64Array(mels);
  const pivots = new Float64Array(mels);
  for (let i = 0; i < mels; i++) {
    const beside = i > 0 ? product(i - 1, i) : 0;
    pivots[i] = diagonal[i]! + ridge - (i > 0 ? beside * upper[i - 1]! : 0);
    if (i + 1 < mels) upper[i] = product(i, i + 1) / pivots[i]!;
  }
  return (x) => {
    x[0]! /= pivots[0]!;
    for (let i = 1; i < mels; i++) {
      x[i] = (x[i]! - upper[i - 1]! * pivots[i - 1]! * x[i - 1]!) / pivots[i]!;
    }
    for (let i = mels - 2; i >= 0; i--) x[i]! -= upper[i]! * x[i + 1]!;
  };
}

export interface MelToAudioOptions
  extends MelSpectrogramOptions,
    Omit<GriffinLimOptions, "hop" | "window"> {
  /** Default 22,050. */
  readonly sampleRate?: number;
}

/**
 * Audio from what `melSpectrogram` gives, or a model that learned it: pseudo-inverse, then
 * Griffin-Lim.
 *
 * @param logMel [frames, mels]
 * @example
 * const speech = melToAudio(melSpectrogram(audio), { sampleRate: audio.sampleRate });
 */
export function melToAudio(logMel: Spectrogram, options: MelToAudioOptions = {}): Audio {
  const { sampleRate = 22_050 } = options;
  const magnitudes = melToMagnitudes(logMel, sampleRate, options);
  return { sampleRate, samples: griffinLim(magnitudes, { ...options, ...frameOf(options) }) };
}
