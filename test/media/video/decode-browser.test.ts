import { afterEach, expect, it, vi } from "vitest";
import { framesOfVideoElement, type SeekableVideo } from "../../../src/media/browser.ts";

/** A video element of two seconds that is as grey as its time says: 100 a second. */
class FakeVideo extends EventTarget implements SeekableVideo {
  readonly duration: number = 2;
  readonly videoWidth: number = 3;
  readonly videoHeight: number = 2;
  listeners = 0;
  #time = 0;
  fails = false;
  get currentTime(): number {
    return this.#time;
  }
  set currentTime(time: number) {
    queueMicrotask(() => {
      this.#time = time;
      this.dispatchEvent(new Event(this.fails ? "error" : "seeked"));
    });
  }
  override addEventListener(event: string, listener: () => void): void {
    this.listeners++;
    super.addEventListener(event, listener);
  }
  override removeEventListener(event: string, listener: () => void): void {
    this.listeners--;
    super.removeEventListener(event, listener);
  }
}

class FakeCanvas {
  #grey = 0;
  readonly #pixels: number;
  constructor(width: number, height: number) {
    this.#pixels = width * height;
  }
  getContext() {
    return {
      drawImage: (video: SeekableVideo) => {
        this.#grey = Math.round(video.currentTime * 100);
      },
      getImageData: () => {
        const pixel = [this.#grey, this.#grey + 1, this.#grey + 2, 255];
        return {
          data: Uint8ClampedArray.from({ length: this.#pixels * 4 }, (_, i) => pixel[i % 4]!),
        };
      },
    };
  }
}

afterEach(() => vi.unstubAllGlobals());

it("gives the frames of the same moments as decodeVideo, after each seek", async () => {
  vi.stubGlobal("OffscreenCanvas", FakeCanvas);
  const video = new FakeVideo();
  const { frames, times } = await framesOfVideoElement(video, { frames: 4 });
  expect(times).toEqual([0.25, 0.75, 1.25, 1.75]);
  expect(frames.map(({ data }) => data[0])).toEqual([25, 75, 125, 175]);
  expect(frames[0]).toMatchObject({ width: 3, height: 2 });
  expect([...frames[0]!.data]).toEqual(Array.from({ length: 18 }, (_, i) => 25 + (i % 3)));
  expect(video.listeners).toBe(0);
});

it("refuses a video without metadata, too much of one, and a seek that fails", async () => {
  vi.stubGlobal("OffscreenCanvas", FakeCanvas);
  const unloaded = Object.assign(new FakeVideo(), { duration: Number.NaN });
  await expect(framesOfVideoElement(unloaded, { frames: 1 })).rejects.toThrow(
    "the video element has 3 x 2 pixels, NaN s; expected a video with its metadata loaded",
  );
  await expect(
    framesOfVideoElement(new FakeVideo(), { frames: 4 }, { maxPixels: 20 }),
  ).rejects.toThrow("the video element: 4 frames of 3 x 2 are more than 20 pixels (maxPixels)");
  const broken = Object.assign(new FakeVideo(), { fails: true });
  await expect(framesOfVideoElement(broken, { frames: 1 })).rejects.toThrow(
    "the video element cannot go to 1 s",
  );
});
