/** Audio in Chromium, beside what Node.js makes of the same files. */

import { readFileSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { decodeAudio, encodeWav, logMel, resample } from "../../src/media/index.ts";
import { largestDifference, recording } from "../media/audio/support.ts";
import { launch, openMediaPage } from "./support.ts";

let browser: Browser;
let page: Page;

beforeAll(async () => {
  browser = await launch();
  page = await openMediaPage(browser);
});
afterAll(() => browser?.close());

interface Sent {
  readonly data: number[];
  readonly sampleRate?: number;
}

/** Runs `body` in the page, where \`bytes\` are the recording's; returns numbers. */
const inPage = (name: string, body: string): Promise<Sent> =>
  page.evaluate<Sent>(`(async () => {
    const base64 = "${readFileSync(recording(name)).toString("base64")}";
    const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    const { samples, data = samples, sampleRate } = await (${body});
    return { data: Array.from(data), sampleRate };
  })()`);

const seven = await decodeAudio(recording("seven.wav"));

it("WAV files, resampling and features give the numbers of Node.js", async () => {
  const { data, sampleRate } = await inPage("seven.wav", "media.decodeAudio(bytes)");
  expect(sampleRate).toBe(16_000);
  expect(data).toEqual(Array.from(seven.samples));
  const slow = await inPage("seven.wav", "media.decodeAudio(bytes, { sampleRate: 8000 })");
  expect(largestDifference(slow.data, resample(seven, 8000).samples)).toBeLessThan(1e-6);
  const mel = await inPage("seven.wav", "media.decodeAudio(bytes).then((a) => media.logMel(a))");
  expect(largestDifference(mel.data, logMel(seven).data)).toBeLessThan(1e-5);
  const file = "media.decodeAudio(bytes).then((a) => ({ data: media.encodeWav(a) }))";
  expect((await inPage("seven.wav", file)).data).toEqual(Array.from(encodeWav(seven)));
});

it("compressed files go through the browser", async () => {
  const { data, sampleRate } = await inPage(
    "seven.flac",
    "media.decodeAudio(bytes, { sampleRate: 16000 })",
  );
  expect(sampleRate).toBe(16_000);
  expect(largestDifference(data, seven.samples)).toBeLessThan(1e-4);
});

it("refuses in one sentence", async () => {
  const cut = "media.decodeAudio(bytes.slice(0, 50), { name: 'cut.flac' })";
  await expect(inPage("seven.flac", cut)).rejects.toThrow(
    "cut.flac: damaged, incomplete, or not read by this browser",
  );
  const long = "media.decodeAudio(bytes, { name: 'long.flac', maxSeconds: 0.1 })";
  await expect(inPage("seven.flac", long)).rejects.toThrow("long.flac: the audio is longer than");
});
