/** Motion. */

import { readMotions } from "../readers/index.ts";
import { worldRecords } from "../records.ts";
import { describeMotions } from "../worlds/index.ts";
import { format } from "./data-files.ts";
import { joints } from "./features.ts";
import { definePreset, type Preset } from "./preset.ts";

export const motion: readonly Preset[] = [
  definePreset({
    name: "text-to-motion",
    number: 23,
    about: "motions from sentences",
    instruction:
      "motion capture: [TEXT:text] -> [MOTION:bvh_frames,preprocess=motion_6d,adaptor=motion_6d]",
    data: "folder of .bvh with .txt",
    metric: {
      name: "mpjpe",
      prediction: joints,
      references: (record) => joints((record as { readonly bvh_frames: unknown }).bvh_frames),
    },
    options: { generate: { guidance: 3, steps: 50 } },
    world: (options) =>
      worldRecords(
        describeMotions,
        ({ text, motion: bvh_frames }) => ({ text, bvh_frames }),
        options,
      ),
    format: format({ read: (files) => readMotions(files.file, files) }),
  }),
];
