/** Files of every format, chosen by content; and the ways in which they cannot be read. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { decodeAudio, resample } from "../../../src/media/index.ts";
import { largestDifference, recording } from "./support.ts";

const folder = mkdtempSync(join(tmpdir(), "onefold-audio-"));
afterAll(() => rmSync(folder, { recursive: true }));

const seven = await decodeAudio(recording("seven.wav"));
const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(recording(name)));

/** Largest correlation of two signals, shifted by up to a tenth of a second: codecs delay. */
function likeness(a: Float32Array, b: Float32Array): number {
  let best = 0;
  for (let shift = -1600; shift <= 1600; shift++) {
    let [ab, aa, bb] = [0, 0, 0];
    for (let n = 2000; n < a.length - 2000; n += 8) {
      const [x, y] = [a[n]!, b[n + shift] ?? 0];
      ab += x * y;
      aa += x * x;
      bb += y * y;
    }
    best = Math.max(best, ab / Math.sqrt(aa * bb + 1e-12));
  }
  return best;
}

/** The FLAC decoder takes 32,767 for 1, WAV files 32,768. */
const FLAC_STEP = 1 / 32_767;

it("FLAC holds the samples of the WAV file", async () => {
  const { sampleRate, samples } = await decodeAudio(recording("seven.flac"));
  expect(sampleRate).toBe(16_000);
  expect(largestDifference(samples, seven.samples)).toBeLessThan(FLAC_STEP);
});

// Opus and AAC decode at rates of their own; the AAC stream keeps its encoder's padding.
it.each([
  ["mp3", 16_000],
  ["ogg", 16_000],
  ["opus", 48_000],
  ["m4a", 16_000],
  ["aac", 32_000],
])("%s sounds like the WAV file", async (format, rate) => {
  const audio = await decodeAudio(recording(`seven.${format}`));
  expect(audio.sampleRate).toBe(rate);
  const { samples } = resample(audio, 16_000);
  expect(Math.abs(samples.length - seven.samples.length)).toBeLessThan(2048);
  expect(likeness(seven.samples, samples)).toBeGreaterThan(0.9);
});

it("the content decides, not the name; resamples on the way", async () => {
  const file = join(folder, "really-a-flac.mp3");
  writeFileSync(file, bytesOf("seven.flac"));
  const audio = await decodeAudio(file, { sampleRate: 8000 });
  expect(audio.sampleRate).toBe(8000);
  const expected = resample(seven, 8000).samples;
  expect(largestDifference(audio.samples, expected)).toBeLessThan(2 * FLAC_STEP);
});

it("a tag before an MP3 is passed over", async () => {
  const tag = [0x49, 0x44, 0x33, 4, 0, 0, 0, 0, 1, 2, ...new Array<number>(130).fill(0)];
  const plain = await decodeAudio(bytesOf("seven.mp3"));
  const tagged = await decodeAudio(Uint8Array.from([...tag, ...bytesOf("seven.mp3")]));
  expect(tagged.samples.length).toBe(plain.samples.length);
});

it("files decode at the same time, each its own", async () => {
  const all = await Promise.all(
    ["flac", "wav", "flac", "ogg"].map((format) => decodeAudio(bytesOf(`seven.${format}`))),
  );
  for (const { samples } of all) expect(samples.length).toBe(seven.samples.length);
  expect(all[1]).toEqual(seven);
  expect(all[2]).toEqual(all[0]);
});

const refused: [string, () => Promise<unknown>, RegExp][] = [
  [
    "a missing file",
    () => decodeAudio("/nowhere/a.mp3"),
    /^\/nowhere\/a\.mp3: cannot read it: there is no such file$/,
  ],
  ["a folder", () => decodeAudio(folder), /it is no regular file, expected audio/],
  ["no bytes", () => decodeAudio(new Uint8Array(0)), /^the audio data: the file is empty/],
  ["text", () => decodeAudio(Buffer.from("hello there")), /no known audio format, expected WAV,/],
  [
    "a large file",
    () => decodeAudio(recording("seven.wav"), { maxBytes: 100 }),
    /seven\.wav: the file has \d+ bytes, more than 100; cut it, or raise maxBytes/,
  ],
  [
    "a long FLAC",
    () => decodeAudio(bytesOf("seven.flac"), { name: "a", maxSeconds: 0.5 }),
    /^a: the audio is longer than 0.5 s; cut it, or raise maxSeconds$/,
  ],
  [
    "a long MP3",
    () => decodeAudio(bytesOf("seven.mp3"), { name: "a", maxSeconds: 0.5 }),
    /^a: the audio is longer than 0.5 s/,
  ],
  [
    "a cut-off FLAC",
    () => decodeAudio(bytesOf("seven.flac").subarray(0, 12_000), { name: "a" }),
    /^a: (it holds \d+ of the \d+ samples it announces|no FLAC audio is in it); the file is damaged or cut/,
  ],
  [
    "a header alone",
    () => decodeAudio(bytesOf("seven.ogg").subarray(0, 60), { name: "a" }),
    /^a: (it cannot be decoded as|no) Ogg Vorbis/,
  ],
];

it.each(refused)("%s is refused in a sentence", async (_, decode, message) => {
  await expect(decode()).rejects.toThrow(message);
});
