/** The SIMD kernels of mel spectra against the transforms of fft.ts. */

import { expect, test } from "vitest";
import { applyMelFilters, melFilters } from "../../../src/media/audio/mel-filters.ts";
import { melSpectra, type SpectrumKind } from "../../../src/media/audio/mel-spectra.ts";
import { forEachSpectrum, frameCount, hannWindow } from "../../../src/media/audio/stft.ts";
import { createRandom } from "../../../src/nn/random.ts";

const random = createRandom(7, "mel spectra");
const sampleRate = 16_000;

test.each<[number, number, SpectrumKind]>([
  [400, 160, "power"], // 5, 5, 4, 2: Whisper's
  [1024, 256, "magnitude"], // 4, 4, 4, 4, 2
  [512, 100, "power"], // 4, 4, 4, 4
  [250, 80, "magnitude"], // 5, 5, 5: an odd number of bins in half the size
  [20, 7, "power"], // 5, 2
  [8, 3, "power"], // 4
  [66, 20, "magnitude"], // 33 = 3 · 11: no kernel
])("frames of %i samples, every %i, %s", (fftSize, hop, kind) => {
  const framing = { fftSize, hop, window: hannWindow(fftSize) };
  const filters = melFilters({
    ...{ sampleRate, fftSize, mels: 6, lowHertz: 0, highHertz: 8000 },
    ...({ scale: "slaney", norm: "slaney", straightIn: "hertz" } as const),
  });
  // Frames that reach over the ends; an odd and an even number of them.
  for (const length of [2 * hop + fftSize, 3 * hop + fftSize]) {
    const samples = Float32Array.from({ length }, () => random.normal());
    const frames = frameCount(length, hop);
    const expected = new Float32Array(frames * filters.mels);
    forEachSpectrum(samples, framing, (frame, re, im) => {
      const spectrum = re.map((real, k) => {
        const power = real * real + im[k]! * im[k]!;
        return kind === "power" ? power : Math.sqrt(power);
      });
      applyMelFilters(filters, spectrum, expected, frame * filters.mels);
    });
    const data = new Float32Array(expected.length).fill(Number.NaN);
    melSpectra(samples, framing, filters, kind, data);
    const largest = Math.max(...expected);
    for (let i = 0; i < data.length; i++) {
      expect(Math.abs(data[i]! - expected[i]!)).toBeLessThan(1e-7 * largest);
    }
  }
});

test("a shorter result takes the first frames; another window or kind is another kernel", () => {
  const filters = melFilters({
    ...{ sampleRate, fftSize: 40, mels: 4, lowHertz: 0, highHertz: 8000 },
    ...({ scale: "htk", norm: "none", straightIn: "hertz" } as const),
  });
  const samples = Float32Array.from({ length: 100 }, () => random.normal());
  const spectra = (window: Float64Array, frames: number, kind: SpectrumKind = "power") => {
    const data = new Float32Array(frames * filters.mels);
    melSpectra(samples, { fftSize: 40, hop: 10, window }, filters, kind, data);
    return data;
  };
  const hann = hannWindow(40);
  const all = spectra(hann, 11);
  expect(spectra(hann, 3)).toEqual(all.subarray(0, 12));
  const doubled = spectra(
    hann.map((weight) => 2 * weight),
    11,
  );
  expect(doubled[5]! / all[5]!).toBeCloseTo(4, 6);
  expect(spectra(hann, 11, "magnitude")).not.toEqual(all);
  expect(spectra(hann, 11)).toEqual(all);
});
