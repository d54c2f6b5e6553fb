/** The body of POST /play. */

import { z } from "zod";

export const playBody = z.object({
  task: z.string().max(100),
  level: z.enum(["easy", "medium", "hard"]).default("easy"),
  seed: z.int().min(0).default(1),
  index: z.int().min(0).default(0),
  /** What the player has said so far, a text a turn. */
  replies: z.array(z.string().max(10_000)).max(200).default([]),
});
