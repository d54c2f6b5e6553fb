/** A file `sage.json`, with the package that checks it. */

import { z } from "zod";
import { readJsonObject } from "../../checkpoint/json.ts";
import { checkConfig } from "../../train/job/config-file.ts";

const share = z.number().min(0).max(1);
const scale = z.object({ slope: z.number(), shift: z.number() });
const labels = z.object({ type: z.boolean(), label: z.boolean(), unique: z.boolean() });

const trainedSchema = z.object({
  sage: z.literal(1).describe("1"),
  role: z.enum(["gen", "qual"]),
  /** Version of the notation that it was trained in. */
  notation: z.string(),
  /** What it was trained from. */
  base: z.object({ name: z.string(), digest: z.string() }),
  calibration: z.object({ type: scale, label: scale, unique: scale }).optional(),
  /** Raw scores of labelled variants that nothing was fitted to. */
  heldOut: z
    .array(
      z.object({
        type: z.string(),
        source: z.string(),
        scores: z.object({ type: share, label: share, unique: share }),
        labels,
      }),
    )
    .optional(),
});

export type TrainedRole = z.output<typeof trainedSchema>;

/** @throws Error naming file and key for one that is no such file */
export const readTrainedFile = async (file: string): Promise<TrainedRole> =>
  checkConfig(trainedSchema, await readJsonObject(file), file);
