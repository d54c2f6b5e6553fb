/** Videos: files to frames at given moments. */

export { decodeVideo } from "./decode.ts";
export type { VideoLimits } from "./limits.ts";
export { type FrameSampling, sampleTimes } from "./sampling.ts";
