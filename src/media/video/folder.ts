/** A folder of images as a video. */

import { decodeImage } from "../image/decode.ts";
import type { Image, Video } from "../types.ts";
import { type CheckedLimits, checkPixels, checkSeconds } from "./limits.ts";
import { type FrameSampling, frameShownAt, sampleTimes } from "./sampling.ts";

const endings = /\.(avif|bmp|gif|jpe?g|png|tiff?|webp)$/i;

/** Images in the order of their names, numbers in names by size; files that are none are left out. */
export async function decodeFolder(
  folder: string,
  sampling: FrameSampling,
  limits: CheckedLimits,
): Promise<Video> {
  const { name, folderFps, maxFrames, maxPixels } = limits;
  const { readdir } = await import("node:fs/promises");
  const files = (await readdir(folder)).filter(
    (file) => endings.test(file) && !file.startsWith("."),
  );
  if (files.length === 0) {
    throw new Error(`${name}: a folder without images; expected one image a frame`);
  }
  const { compare } = new Intl.Collator("en", { numeric: true });
  files.sort((a, b) => compare(a, b) || (a < b ? -1 : 1));
  const duration = files.length / folderFps;
  checkSeconds(duration, limits);
  const times = sampleTimes(duration, sampling, maxFrames);
  const starts = files.map((_, at) => at / folderFps);
  const images = new Map<number, Image>();
  const frames: Image[] = [];
  for (const time of times) {
    const index = frameShownAt(starts, time);
    const path = `${folder}/${files[index]!}`;
    const image = images.get(index) ?? (await decodeImage(path, { maxPixels }));
    images.set(index, image);
    const { width, height } = frames[0] ?? image;
    if (image.width !== width || image.height !== height) {
      const size = `${image.width} x ${image.height}`;
      throw new Error(`${path}: is ${size} where the frames before are ${width} x ${height}`);
    }
    checkPixels(times.length, width, height, limits);
    frames.push(image);
  }
  return { frames, times };
}
