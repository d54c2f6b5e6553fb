/**
 * Whisper's features, which Qwen-Audio and Qwen-Omni take as well.
 * Recipe: openai/whisper, whisper/audio.py (log_mel_spectrogram).
 */

import type { Audio } from "../types.ts";
import { melFilters } from "./mel-filters.ts";
import { melSpectra } from "./mel-spectra.ts";
import { hannWindow, type Spectrogram } from "./stft.ts";

export interface LogMelOptions {
  /** 80 (default), or 128 as in Whisper large-v3 and Qwen-Omni. */
  readonly mels?: number;
  /** Samples that the audio is cut or padded with zeros to; Whisper takes 480,000 (30 s). */
  readonly length?: number;
}

const SAMPLE_RATE = 16_000;
const FFT_SIZE = 400;
const HOP = 160;
const framing = { fftSize: FFT_SIZE, hop: HOP, window: hannWindow(FFT_SIZE) };

/**
 * Log-mel features of 16 kHz audio, [⌊samples / 160⌋, mels]: power spectra of 25 ms, log10, at
 * most 8 below the loudest, then (x + 4) / 4.
 *
 * @throws Error where the audio is not at 16 kHz or has fewer than 201 samples
 * @example
 * const features = logMel(resample(await decodeAudio("seven.wav"), 16_000), { mels: 128 });
 */
export function logMel(audio: Audio, options: LogMelOptions = {}): Spectrogram {
  const { mels = 80, length = audio.samples.length } = options;
  if (audio.sampleRate !== SAMPLE_RATE) {
    throw new Error(
      `log-mel features are of 16000 Hz audio, not ${audio.sampleRate} Hz: resample(audio, 16000) first`,
    );
  }
  const samples = cutOrPad(audio.samples, length);
  const filters = melFilters({
    sampleRate: SAMPLE_RATE,
    fftSize: FFT_SIZE,
    mels,
    lowHertz: 0,
    highHertz: SAMPLE_RATE / 2,
    scale: "slaney",
    norm: "slaney",
    straightIn: "hertz",
  });
  // The frame centred on the end is dropped.
  const frames = Math.floor(length / HOP);
  const data = new Float32Array(frames * mels);
  melSpectra(samples, framing, filters, "power", data);
  // Loops, not reduce or map: a call for each value takes longer than its logarithm.
  let loudest = 0;
  for (let i = 0; i < data.length; i++) if (data[i]! > loudest) loudest = data[i]!;
  const floor = Math.max(1e-10, loudest * 1e-8); // 8 below in log10
  for (let i = 0; i < data.length; i++) {
    data[i] = (Math.log(Math.max(data[i]!, floor)) * Math.LOG10E + 4) / 4;
  }
  return { frames, bins: mels, data };
}

function cutOrPad(samples: Float32Array, length: number): Float32Array {
  if (length <= samples.length) return samples.subarray(0, length);
  const padded = new Float32Array(length);
  padded.set(samples);
  return padded;
}
