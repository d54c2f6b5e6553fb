/** What reading a video may cost. */

export interface VideoLimits {
  /** What errors call the video; the path, or "video", otherwise. */
  readonly name?: string;
  /** Most frames that are taken; 1,000 by default. */
  readonly maxFrames?: number;
  /** Most pixels of all frames that are taken together; 200 million (600 MB) by default. */
  readonly maxPixels?: number;
  /** Longest video; 3,600 by default. */
  readonly maxSeconds?: number;
  /** Longest that ffmpeg may work; 120 by default. */
  readonly timeoutSeconds?: number;
  /** How fast the images of a folder follow each other; 25 a second by default. */
  readonly folderFps?: number;
}

export type CheckedLimits = Required<VideoLimits>;

export function withDefaults(source: string | Uint8Array, limits: VideoLimits): CheckedLimits {
  return {
    name: typeof source === "string" ? source : "video",
    maxFrames: 1000,
    maxPixels: 200e6,
    maxSeconds: 3600,
    timeoutSeconds: 120,
    folderFps: 25,
    ...limits,
  };
}

/** @throws If a video lasts longer than allowed. */
export function checkSeconds(seconds: number, { name, maxSeconds }: CheckedLimits): void {
  if (seconds <= maxSeconds) return;
  throw new Error(`${name}: lasts ${seconds} s; at most ${maxSeconds} s are read (maxSeconds)`);
}

/** @throws If the frames together have more pixels than allowed; before they are allocated. */
export function checkPixels(
  count: number,
  width: number,
  height: number,
  { name, maxPixels }: CheckedLimits,
): void {
  if (count * width * height <= maxPixels) return;
  const size = `${count} frames of ${width} x ${height}`;
  throw new Error(`${name}: ${size} are more than ${maxPixels} pixels (maxPixels)`);
}
