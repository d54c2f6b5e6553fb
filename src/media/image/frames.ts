/** Animated GIF and WebP to frames and back. */

import type { Video } from "../types.ts";
import { decodeImage } from "./decode.ts";
import { requireFormat } from "./formats.ts";
import { type Background, WHITE } from "./limits.ts";
import { openImage, readRaw } from "./sharp.ts";
import { type ImageSourceOptions, readSource } from "./source.ts";

export interface DecodeFramesOptions extends ImageSourceOptions {
  /** Red, green, blue from 0 to 255 behind transparent parts; white by default. */
  readonly background?: Background;
  /** Most pixels of all frames together; 200 million by default. */
  readonly maxPixels?: number;
  /** Most frames; 1,000 by default. */
  readonly maxFrames?: number;
  /** Longest animation; 600 by default. */
  readonly maxSeconds?: number;
}

/** What browsers show a frame for whose delay is 0 or 10 ms. */
const DEFAULT_DELAY = 100;

/**
 * Frames of an animated GIF or WebP, and when each is shown. An image that does not move is one
 * frame at 0.
 *
 * @param source a path, or the file's bytes
 * @throws as `decodeImage` does, and where frames or seconds are more than allowed; the header is
 *   asked, before any frame is decoded
 */
export async function decodeFrames(
  source: string | Uint8Array,
  options: DecodeFramesOptions = {},
): Promise<Video> {
  const { background = WHITE, maxFrames = 1000, maxSeconds = 600 } = options;
  const { maxPixels = 200e6 } = options;
  const file = await readSource(source, options);
  const { name } = file;
  const format = requireFormat(file.bytes, name);
  const still = async (): Promise<Video> => ({
    frames: [await decodeImage(file.bytes, { ...options, name })],
    times: [0],
  });
  if (format !== "gif" && format !== "webp") return still();
  const { header, pipeline } = await openImage(file, format, -1);
  const count = header.pages ?? 1;
  if (count === 1) return still();
  if (count > maxFrames) {
    throw new Error(`${name}: has ${count} frames; at most ${maxFrames} are read (maxFrames)`);
  }
  const delays = Array.from({ length: count }, (_, i) => {
    const delay = header.delay?.[i] ?? 0;
    return delay > 10 ? delay : DEFAULT_DELAY;
  });
  const seconds = delays.reduce((sum, delay) => sum + delay, 0) / 1000;
  if (seconds > maxSeconds) {
    throw new Error(`${name}: lasts ${seconds} s; at most ${maxSeconds} s are read (maxSeconds)`);
  }
  const { width } = header;
  const height = header.pageHeight ?? header.height / count;
  if (width * height * count > maxPixels) {
    throw new Error(
      `${name}: ${count} frames of ${width} x ${height} are more than ${maxPixels} pixels (maxPixels)`,
    );
  }
  const [r, g, b] = background;
  if (header.hasAlpha) pipeline.flatten({ background: { r, g, b } });
  const { data } = await readRaw(pipeline.toColourspace("srgb"), name, format);
  const size = width * height * 3;
  let shown = 0;
  return {
    frames: delays.map((_, i) => ({
      width,
      height,
      data: data.subarray(i * size, (i + 1) * size),
    })),
    times: delays.map((delay) => {
      shown += delay;
      return (shown - delay) / 1000;
    }),
  };
}
