/** Sizes of what the tasks read and write. */

/** Pixels of a picture's side. */
export const PICTURE = 16;
export const VIDEO = { size: 12, frames: 4 } as const;
export const MOTION = { duration: 2, framesPerSecond: 8 } as const;
