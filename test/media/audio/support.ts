import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { openCheckpoint } from "../../../src/checkpoint/index.ts";
import type { Spectrogram } from "../../../src/media/index.ts";
import type { Audio } from "../../../src/media/types.ts";

/** Path of a recording (reference/audio_recordings.sh). */
export const recording = (name: string): string =>
  fileURLToPath(new URL(`../../fixtures/media/audio/${name}`, import.meta.url));

const fixture = await openCheckpoint(recording("features.safetensors"));

/** An array of reference/audio_features.py. */
export const reference = (name: string): { shape: readonly number[]; data: Float32Array } => {
  const { shape, data } = fixture.read(name);
  return { shape, data: data as Float32Array };
};

export const largestDifference = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  expect(a.length).toBe(b.length);
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i]! - b[i]!);
    if (!(difference <= largest)) largest = difference; // NaN counts as largest
  }
  return largest;
};

export function expectFeatures(found: Spectrogram, name: string, tolerance: number): void {
  const expected = reference(name);
  expect([found.frames, found.bins]).toEqual(expected.shape);
  expect(largestDifference(found.data, expected.data)).toBeLessThan(tolerance);
}

export const tone = (hertz: number, sampleRate: number, seconds: number): Audio => ({
  sampleRate,
  samples: Float32Array.from(
    { length: Math.round(seconds * sampleRate) },
    (_, n) => 0.5 * Math.sin((2 * Math.PI * hertz * n) / sampleRate),
  ),
});
