/** The noise that motions are trained with and drawn from. */

import { createNoiseSchedule } from "../../generate/diffusion/index.ts";

export const noiseSchedule = createNoiseSchedule({ kind: "cosine" });

/** How often training leaves the text out, so that guidance has something to guide away from. */
export const UNGUIDED = 0.1;
