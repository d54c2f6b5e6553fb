/** The resampler against torchaudio's formula, and on tones. */

import { expect, it } from "vitest";
import { decodeAudio, resample } from "../../../src/media/index.ts";
import { largestDifference, recording, reference, tone } from "./support.ts";

const seven = await decodeAudio(recording("seven.wav"));

it.each([8000, 22_050, 48_000, 44_100, 11_025, 15_999])("16000 to %i Hz", (rate) => {
  const found = resample({ sampleRate: 16_000, samples: seven.samples.slice(4000, 5000) }, rate);
  expect(found.sampleRate).toBe(rate);
  expect(largestDifference(found.samples, reference(`resample/${rate}`).data)).toBeLessThan(1e-6);
});

it("44100 to 16000 Hz", () => {
  const samples = seven.samples.slice(3000, 6000);
  const found = resample({ sampleRate: 44_100, samples }, 16_000);
  const expected = reference("resample/44100-16000").data;
  expect(largestDifference(found.samples, expected)).toBeLessThan(1e-6);
});

/** Decibels of the expected tone over what differs from it, away from the ends. */
function snr(found: Float32Array, expected: Float32Array): number {
  let [signal, noise] = [0, 0];
  for (let n = 500; n < found.length - 500; n++) {
    signal += expected[n]! ** 2;
    noise += (found[n]! - expected[n]!) ** 2;
  }
  return 10 * Math.log10(signal / noise);
}

it.each([
  [440, 48_000, 16_000],
  [1000, 44_100, 16_000],
  [3000, 16_000, 44_100],
  [440, 22_050, 16_000],
])("a tone of %i Hz from %i to %i Hz stays that tone", (hertz, from, to) => {
  const found = resample(tone(hertz, from, 0.5), to).samples;
  // Six zero crossings leave a ripple of about a thousandth.
  expect(snr(found, tone(hertz, to, 0.5).samples)).toBeGreaterThan(55);
});

it("what the new rate cannot hold is removed", () => {
  const { samples } = resample(tone(11_000, 48_000, 0.5), 16_000);
  const loudest = samples.slice(500, -500).reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  // A filter cut by a Hann window stops 44 dB (Oppenheim and Schafer, table of windows).
  expect(loudest).toBeLessThan(0.5 * 10 ** (-44 / 20));
});

it("the same rate changes nothing, and rates that are none are refused", () => {
  expect(resample(seven, 16_000)).toBe(seven);
  expect(resample({ sampleRate: 8000, samples: new Float32Array(0) }, 16_000).samples.length).toBe(
    0,
  );
  for (const rate of [0, -1, 16_000.5, Number.NaN, 1e9]) {
    expect(() => resample(seven, rate)).toThrow(/expected whole numbers from 1 to 768000/);
  }
});
