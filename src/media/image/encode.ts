/** Images and short films to files. */

import type { Sharp } from "sharp";
import type { Image, Video } from "../types.ts";

type StillFormat = "png" | "jpeg" | "webp";

/**
 * The file's bytes. JPEG and WebP lose detail; `quality` is from 1 to 100.
 *
 * @throws where the image's data is not height · width · 3 bytes
 */
export async function encodeImage(
  image: Image,
  format: StillFormat,
  { quality = 90 }: { readonly quality?: number } = {},
): Promise<Uint8Array> {
  const pipeline = await toPipeline([image]);
  if (format === "png") return finish(pipeline.png());
  return finish(format === "jpeg" ? pipeline.jpeg({ quality }) : pipeline.webp({ quality }));
}

/** A PNG keeps every pixel. */
export function encodePng(image: Image): Promise<Uint8Array> {
  return encodeImage(image, "png");
}

/**
 * An animated GIF of at most 256 colours a frame that repeats for ever. Frames are shown from their
 * times to the next one's, in steps of 10 ms; the last is shown as long as the one before it.
 *
 * @throws where there are no frames, their sizes differ, or times do not increase by 20 ms or more
 */
export async function encodeGif({ frames, times }: Video): Promise<Uint8Array> {
  if (frames.length === 0 || frames.length !== times.length) {
    throw new Error(
      `encodeGif: ${frames.length} frames and ${times.length} times; expected as many, from 1`,
    );
  }
  const stamps = times.map((time) => Math.round(time * 100) * 10); // steps do not drift
  const delays = stamps.slice(1).map((stamp, i) => stamp - stamps[i]!);
  const short = delays.findIndex((delay) => !(delay >= 20));
  if (short >= 0) {
    throw new Error(
      `encodeGif: frame ${short} is shown for ${delays[short]} ms; players need 20 ms or more`,
    );
  }
  const delay = [...delays, delays.at(-1) ?? 100];
  const pipeline = await toPipeline(frames);
  return finish(pipeline.gif({ delay, loop: 0, keepDuplicateFrames: true }));
}

/** Frames under each other are how libvips holds an animation. */
async function toPipeline(frames: readonly Image[]): Promise<Sharp> {
  const { width, height } = frames[0]!;
  const size = width * height * 3;
  for (const [i, frame] of frames.entries()) {
    if (frame.width === width && frame.height === height && frame.data.length === size) continue;
    throw new Error(
      `image ${i}: ${frame.width} x ${frame.height} with ${frame.data.length} bytes; ` +
        `expected ${width} x ${height} with ${size}`,
    );
  }
  let data = frames[0]!.data;
  if (frames.length > 1) {
    data = new Uint8Array(size * frames.length);
    for (const [i, frame] of frames.entries()) data.set(frame.data, i * size);
  }
  const { default: sharp } = await import("sharp");
  const raw = { width, height: height * frames.length, channels: 3, pageHeight: height } as const;
  return sharp(data, { raw, limitInputPixels: false });
}

async function finish(pipeline: Sharp): Promise<Uint8Array> {
  const file = await pipeline.toBuffer();
  return new Uint8Array(file.buffer, file.byteOffset, file.length);
}
