/** Frames of a video element, by seeking: what browsers have instead of a decoder to call. */

import type { Image, Video } from "../types.ts";
import { type FrameSampling, sampleTimes } from "./sampling.ts";

/** What is needed of an HTMLVideoElement whose metadata are loaded. */
export interface SeekableVideo {
  readonly duration: number;
  readonly videoWidth: number;
  readonly videoHeight: number;
  currentTime: number;
  addEventListener(event: "seeked" | "error", listener: () => void): void;
  removeEventListener(event: "seeked" | "error", listener: () => void): void;
}

interface Surface {
  getContext(kind: "2d", options: { willReadFrequently: boolean }): SurfaceContext | null;
}

interface SurfaceContext {
  drawImage(video: SeekableVideo, x: number, y: number): void;
  getImageData(
    x: number,
    y: number,
    width: number,
    height: number,
  ): { readonly data: ArrayLike<number> };
}

declare const OffscreenCanvas: new (width: number, height: number) => Surface;

/**
 * The twin of `decodeVideo` in a browser: frames at the same moments, in the video's own size.
 * @param video An HTMLVideoElement, paused, with its metadata loaded.
 * @throws If it has no pictures, no known duration, too many pixels, or a seek fails.
 * @example
 * const { frames } = await framesOfVideoElement(document.querySelector("video")!, { frames: 8 });
 */
export async function framesOfVideoElement(
  video: SeekableVideo,
  sampling: FrameSampling,
  limits: { readonly maxFrames?: number; readonly maxPixels?: number } = {},
): Promise<Video> {
  const { maxFrames = 1000, maxPixels = 200e6 } = limits;
  const { duration, videoWidth: width, videoHeight: height } = video;
  if (!(width > 0 && height > 0 && duration > 0 && Number.isFinite(duration))) {
    const facts = `${width} x ${height} pixels, ${duration} s`;
    throw new Error(`the video element has ${facts}; expected a video with its metadata loaded`);
  }
  const times = sampleTimes(duration, sampling, maxFrames);
  if (times.length * width * height > maxPixels) {
    const size = `${times.length} frames of ${width} x ${height}`;
    throw new Error(`the video element: ${size} are more than ${maxPixels} pixels (maxPixels)`);
  }
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  if (context === null) throw new Error("the browser has no canvas to draw a video on");
  const frames: Image[] = [];
  for (const time of times) {
    await seek(video, time);
    context.drawImage(video, 0, 0);
    frames.push({
      width,
      height,
      data: withoutAlpha(context.getImageData(0, 0, width, height).data),
    });
  }
  return { frames, times };
}

function seek(video: SeekableVideo, time: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (done: () => void) => (): void => {
      video.removeEventListener("seeked", onSeeked);
      video.removeEventListener("error", onError);
      done();
    };
    const onSeeked = settle(resolve);
    const onError = settle(() => reject(new Error(`the video element cannot go to ${time} s`)));
    video.addEventListener("seeked", onSeeked);
    video.addEventListener("error", onError);
    video.currentTime = time;
  });
}

function withoutAlpha(rgba: ArrayLike<number>): Uint8Array {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
    rgb[to] = rgba[from]!;
    rgb[to + 1] = rgba[from + 1]!;
    rgb[to + 2] = rgba[from + 2]!;
  }
  return rgb;
}
