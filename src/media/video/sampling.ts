/** Which moments of a video are looked at. */

import type { Video } from "../types.ts";

/** So many frames over the whole video, or so many a second. */
export type FrameSampling = { readonly frames: number } | { readonly fps: number };

/**
 * The moments, in seconds from the video's start. `{ frames: n }`: the middles of n equal parts, so
 * (i + 1/2) · duration / n. `{ fps }`: i / fps for as long as that is before the end.
 * @throws If there are none, or more than `maxFrames`.
 * @example
 * sampleTimes(2, { frames: 4 }, 100); // [0.25, 0.75, 1.25, 1.75]
 */
export function sampleTimes(
  duration: number,
  sampling: FrameSampling,
  maxFrames: number,
): readonly number[] {
  const byCount = "frames" in sampling;
  const given = byCount ? sampling.frames : sampling.fps;
  if (!(given > 0) || (byCount && !Number.isInteger(given))) {
    const kind = byCount ? "a positive integer" : "a positive number";
    throw new RangeError(`a video at ${JSON.stringify(sampling)}: expected ${kind}`);
  }
  // A frame that would begin a hair before the end, for rounding only, is none.
  const count = byCount ? given : Math.max(1, Math.ceil(duration * given - 1e-6));
  if (count > maxFrames) {
    throw new RangeError(
      `a video at ${JSON.stringify(sampling)}: ${count} frames; at most ${maxFrames} are read (maxFrames)`,
    );
  }
  const step = byCount ? duration / count : 1 / given;
  return Array.from({ length: count }, (_, i) => (i + (byCount ? 0.5 : 0)) * step);
}

/** Of frames that begin at `starts` (ascending), the one that is shown at a time; never before the first. */
export function frameShownAt(starts: readonly number[], time: number): number {
  let [low, high] = [0, starts.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    // Time stamps are rounded to microseconds in places.
    if (starts[middle]! <= time + 1e-6) low = middle;
    else high = middle;
  }
  return low;
}

/** When a video begins and how long it lasts; the last frame as long as it says, or as the one before. */
export interface Span {
  readonly start: number;
  readonly duration: number;
}

/** @throws If that is no time at all: a single frame without a duration, or all frames at once. */
export function spanOf(starts: readonly number[], name: string, lastDuration = 0): Span {
  const [first, last] = [starts[0], starts.at(-1)];
  if (first === undefined || last === undefined) {
    throw new Error(`${name}: has no frames; expected a video`);
  }
  const lasting = lastDuration > 0 ? lastDuration : last - (starts.at(-2) ?? last);
  const duration = last - first + lasting;
  if (duration > 0) return { start: first, duration };
  const frames = starts.length === 1 ? "one frame" : `${starts.length} frames`;
  throw new Error(`${name}: has ${frames} and lasts 0 s; expected a video that moves`);
}

/** Frames of a video that is decoded already, at the moments that are asked for. */
export function sampleFrames(
  video: Video,
  name: string,
  sampling: FrameSampling,
  maxFrames: number,
): Video {
  const { start, duration } = spanOf(video.times, name);
  const times = sampleTimes(duration, sampling, maxFrames);
  const frames = times.map((time) => video.frames[frameShownAt(video.times, start + time)]!);
  return { frames, times };
}
