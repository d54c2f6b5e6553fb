/** The browser's half of media/ in Chromium, beside what Pillow reads. */

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Image, resize } from "../../src/media/index.ts";
import { bytesOf, fixtureNames, furthest, pattern, pillowImage } from "../media/image/support.ts";
import { indices, bytesOf as videoBytes } from "../media/video/support.ts";
import { launch, openMediaPage } from "./support.ts";

let browser: Browser;
let page: Page;

beforeAll(async () => {
  browser = await launch();
  page = await openMediaPage(browser);
});
afterAll(() => browser?.close());

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

interface Sent {
  readonly width: number;
  readonly height: number;
  readonly data: string;
}
/** Runs `body` in the page, where \`bytes\` are those given; returns the image that it gives. */
async function inPage(bytes: Uint8Array, body: string): Promise<Image> {
  const { data, ...size } = await page.evaluate<Sent>(`(async () => {
    const bytes = Uint8Array.from(atob("${base64(bytes)}"), (c) => c.charCodeAt(0));
    const { width, height, data } = await (${body});
    return { width, height, data: btoa(String.fromCharCode(...data)) };
  })()`);
  return { ...size, data: new Uint8Array(Buffer.from(data, "base64")) };
}

/** Chromium has no TIFF, and its own CMYK; 16 bits are rounded, transparency is premultiplied. */
function tolerance(name: string): number {
  if (/[.](jpg|avif)$/.test(name)) return 4;
  return /alpha|16/.test(name) ? 2 : 0;
}

it.each(fixtureNames.filter((name) => !/tiff|cmyk/.test(name)))("%s", async (name) => {
  const image = await inPage(bytesOf(name), "media.decodeImage(bytes)");
  expect(furthest(image, pillowImage(name))).toBeLessThanOrEqual(tolerance(name));
});

it("resizes with the same bytes as in Node.js", async () => {
  const image = pattern(64, 48);
  const there = await inPage(
    image.data,
    "media.resize({ width: 64, height: 48, data: bytes }, 17, 23)",
  );
  expect(there).toEqual(resize(image, 17, 23));
});

it("refuses in one sentence", async () => {
  const cut = bytesOf("plain.png").subarray(0, 60);
  await expect(inPage(cut, "media.decodeImage(bytes, { name: 'cut.png' })")).rejects.toThrow(
    "cut.png: damaged, incomplete, or not read by this browser",
  );
  const options = "{ name: 'large.png', maxPixels: 10 }";
  await expect(
    inPage(bytesOf("plain.png"), `media.decodeImage(bytes, ${options})`),
  ).rejects.toThrow("large.png: 12 x 8 is more than 10 pixels");
});

it("shows the frames of a video that are shown at given moments", async () => {
  const tall = await inPage(
    videoBytes("clip.webm"),
    `(async () => {
      const video = document.createElement("video");
      video.src = URL.createObjectURL(new Blob([bytes], { type: "video/webm" }));
      await new Promise((resolve, reject) => {
        video.onloadeddata = resolve;
        video.onerror = () => reject(video.error);
      });
      const { frames } = await media.framesOfVideoElement(video, { frames: 13 });
      const data = frames.flatMap((frame) => [...frame.data]);
      return { width: 32, height: 32 * frames.length, data };
    })()`,
  );
  const size = 32 * 32 * 3;
  const frames = Array.from({ length: 13 }, (_, i) => ({
    width: 32,
    height: 32,
    data: tall.data.subarray(i * size, (i + 1) * size),
  }));
  expect(indices({ frames, times: [] })).toEqual([0, 1, 2, 2, 2, 2, 3, 4, 5, 6, 7, 8, 9]);
});
