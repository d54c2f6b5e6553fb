/** Video files, whatever is in them, to frames at given moments. */

import { sniffFormat } from "../image/formats.ts";
import { decodeFrames } from "../image/frames.ts";
import type { Video } from "../types.ts";
import { decodeWithFfmpeg, sniffContainer } from "./ffmpeg.ts";
import { decodeFolder } from "./folder.ts";
import { type VideoLimits, withDefaults } from "./limits.ts";
import { type FrameSampling, sampleFrames } from "./sampling.ts";

/**
 * Frames of a video by their time stamps: a folder of images, an animated GIF or WebP, or, if ffmpeg is
 * installed, MP4, MOV, WebM or MKV. A frame is what the video shows at a moment (the last frame that
 * began by then), in its own size; turned as the file says.
 *
 * `{ frames: n }` takes the middles of n equal parts of the video: (i + 1/2) · duration / n; a short video
 * gives the same frame more than once. `{ fps }` takes the moments i / fps. `times` are those moments.
 *
 * @param source A path, or the file's bytes. What the file holds decides, not its name.
 * @throws One sentence that names the file: missing, damaged, no frames, no duration, no ffmpeg, or
 *   beyond a limit; limits are checked before frames are allocated.
 * @example
 * const { frames, times } = await decodeVideo("clip.mp4", { frames: 8 });
 */
export async function decodeVideo(
  source: string | Uint8Array,
  sampling: FrameSampling,
  limits: VideoLimits = {},
): Promise<Video> {
  const checked = withDefaults(source, limits);
  const { name, maxFrames, maxPixels, maxSeconds } = checked;
  const head = typeof source === "string" ? await readHead(source, name) : source.subarray(0, 64);
  if (head === undefined) return decodeFolder(source as string, sampling, checked);
  const format = sniffFormat(head);
  if (format === "gif" || format === "webp") {
    const most = Math.max(1000, maxFrames); // of the file: fewer may be taken
    const video = await decodeFrames(source, { name, maxFrames: most, maxPixels, maxSeconds });
    return sampleFrames(video, name, sampling, maxFrames);
  }
  const container = sniffContainer(head);
  if (container !== undefined) return decodeWithFfmpeg(source, container, sampling, checked);
  const first = [...head.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, "0"));
  const begins = head.length === 0 ? "empty" : `begins with ${first.join(" ")}`;
  throw new Error(
    `${name}: ${begins}; expected MP4, MOV, WebM, MKV, GIF, WebP or a folder of images`,
  );
}

/** The first bytes of a file; undefined for a folder. */
async function readHead(path: string, name: string): Promise<Uint8Array | undefined> {
  const { open, stat } = await import("node:fs/promises");
  try {
    const facts = await stat(path);
    if (facts.isDirectory()) return undefined;
    // A pipe or a device would be waited for.
    if (!facts.isFile()) throw new Error(`${name}: is no file`);
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(new Uint8Array(64), 0, 64, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === undefined) throw error;
    const reason = code === "ENOENT" ? "there is no such file" : `cannot be read (${String(code)})`;
    throw new Error(`${name}: ${reason}`, { cause: error });
  }
}
