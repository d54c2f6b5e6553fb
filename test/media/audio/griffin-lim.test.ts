/** Griffin-Lim against its formula on torch's transforms, and how close its magnitudes come. */

import { expect, it } from "vitest";
import {
  decodeAudio,
  griffinLim,
  hannWindow,
  istft,
  melSpectrogram,
  melToAudio,
  melToMagnitudes,
  type Spectrogram,
  stft,
} from "../../../src/media/index.ts";
import { largestDifference, recording, reference, tone } from "./support.ts";

const framing = { fftSize: 512, hop: 128, window: hannWindow(512) };

function magnitudes(samples: Float32Array, { fftSize, hop, window } = framing): Spectrogram {
  const { frames, bins, re, im } = stft(samples, { fftSize, hop, window });
  return { frames, bins, data: Float32Array.from(re, (real, i) => Math.hypot(real, im[i]!)) };
}

/** ‖found - wanted‖ / ‖wanted‖ of the magnitudes. */
function spectralError(found: Float32Array, wanted: Spectrogram): number {
  const { data } = magnitudes(found);
  let [difference, total] = [0, 0];
  for (let i = 0; i < data.length; i++) {
    difference += (data[i]! - wanted.data[i]!) ** 2;
    total += wanted.data[i]! ** 2;
  }
  return Math.sqrt(difference / total);
}

it.each([0, 0.99])("four iterations with momentum %d equal torch's", (momentum) => {
  const { shape, data } = reference("griffin-lim/magnitudes");
  const [frames, bins] = [shape[0]!, shape[1]!];
  const found = griffinLim({ frames, bins, data }, { hop: 64, iterations: 4, momentum });
  expect(largestDifference(found, reference(`griffin-lim/${momentum}`).data)).toBeLessThan(1e-5);
});

it("stft and istft undo each other", () => {
  const { samples } = tone(300, 16_000, 0.25);
  const back = istft(stft(samples, framing), framing, samples.length);
  expect(largestDifference(back, samples)).toBeLessThan(1e-7);
});

it("more iterations come closer on a tone and on speech", async () => {
  const speech = await decodeAudio(recording("seven.wav"));
  for (const { samples } of [tone(440, 16_000, 0.5), speech]) {
    const wanted = magnitudes(samples);
    const errorAfter = (iterations: number, momentum?: number): number =>
      spectralError(griffinLim(wanted, { hop: 128, iterations, momentum, seed: 1 }), wanted);
    const [none, some, many] = [errorAfter(0), errorAfter(8), errorAfter(32)];
    expect(some).toBeLessThan(none);
    expect(many).toBeLessThan(some);
    expect(many).toBeLessThan(0.15);
  }
});

it("without momentum no iteration is further away than the one before", async () => {
  const { samples } = await decodeAudio(recording("turn-left.wav"));
  const wanted = magnitudes(samples.subarray(0, 128 * 60));
  const errors = Array.from({ length: 10 }, (_, iterations) =>
    spectralError(griffinLim(wanted, { hop: 128, iterations, momentum: 0, seed: 2 }), wanted),
  );
  for (let i = 1; i < errors.length; i++) expect(errors[i]).toBeLessThan(errors[i - 1]! + 1e-6);
});

it("mel magnitudes are turned back as numpy's pseudo-inverse does", () => {
  const { shape, data } = reference("tts/mel");
  const found = melToMagnitudes({ frames: shape[0]!, bins: shape[1]!, data }, 22_050);
  const expected = reference("tts/magnitudes");
  expect([found.frames, found.bins]).toEqual(expected.shape);
  // The largest magnitude is about 30.
  expect(largestDifference(found.data, expected.data)).toBeLessThan(1e-4);
});

it("speech made from its mel spectrogram has nearly that spectrogram", async () => {
  const audio = await decodeAudio(recording("seven.wav"), { sampleRate: 22_050 });
  const wanted = melSpectrogram(audio);
  const made = melToAudio(wanted, { length: audio.samples.length, seed: 1 });
  expect(made.sampleRate).toBe(22_050);
  const found = melSpectrogram(made);
  expect(found.frames).toBe(wanted.frames);
  let [difference, total] = [0, 0];
  for (let i = 0; i < wanted.data.length; i++) {
    difference += (Math.exp(found.data[i]!) - Math.exp(wanted.data[i]!)) ** 2;
    total += Math.exp(wanted.data[i]!) ** 2;
  }
  expect(Math.sqrt(difference / total)).toBeLessThan(0.15);
});

it("what cannot be a signal is refused", () => {
  const one = { frames: 1, bins: 257, data: new Float32Array(257) };
  expect(() => griffinLim(one)).toThrow(/too short a spectrogram for Griffin-Lim/);
  expect(() => griffinLim(one, { momentum: 1 })).toThrow(/at least 0 and below 1, not 1/);
});
