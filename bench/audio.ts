/**
 * What audio costs before a model sees it, on one thread: features of a minute of 16 kHz audio, the
 * resampler on a minute, Griffin-Lim on ten seconds. Least and median of several rounds.
 * Command: npm run bench:audio
 */

import {
  decodeWav,
  encodeWav,
  fbank,
  logMel,
  melSpectrogram,
  melToAudio,
  resample,
} from "../src/media/index.ts";
import { createRandom } from "../src/nn/random.ts";

const ROUNDS = 15;

const noise = (sampleRate: number, seconds: number) => {
  const random = createRandom(1, `${sampleRate}`);
  const samples = Float32Array.from({ length: sampleRate * seconds }, () => random.normal() / 8);
  return { sampleRate, samples };
};

const minute = noise(16_000, 60);
const music = noise(44_100, 60);
const file = encodeWav(minute);
const mel = melSpectrogram(noise(22_050, 10));

const cases: readonly [string, () => unknown][] = [
  ["log-mel, 80 filters, 60 s", () => logMel(minute)],
  ["log-mel, 128 filters, 60 s", () => logMel(minute, { mels: 128 })],
  ["fbank, 80 filters, 60 s", () => fbank(minute)],
  ["mel spectrogram, 60 s", () => melSpectrogram(minute)],
  ["resample 44100 to 16000 Hz, 60 s", () => resample(music, 16_000)],
  ["resample 16000 to 22050 Hz, 60 s", () => resample(minute, 22_050)],
  ["read a 16-bit WAV file, 60 s", () => decodeWav(file)],
  ["mel to audio, 32 iterations, 10 s", () => melToAudio(mel)],
];

for (const [name, run] of cases) {
  const times = Array.from({ length: ROUNDS }, () => {
    const start = performance.now();
    run();
    return performance.now() - start;
  }).sort((a, b) => a - b);
  const [least, median] = [times[0]!, times[ROUNDS >> 1]!];
  console.log(`${name}: ${least.toFixed(1)} ms, median ${median.toFixed(1)} ms`);
}
