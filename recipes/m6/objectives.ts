/** M6's objectives (arXiv 2103.00823): texts to texts, pictures to texts, both to texts. */

import type { Random } from "../../src/nn/random.ts";
import {
  type PreparedSample,
  type PrepareOptions,
  parseInstruction,
  planOf,
  prepareSample,
  type TaskRecord,
} from "../../src/task/index.ts";
import { emptySource } from "../../src/task/prepare/prepare.ts";
import { captionScenes, type SceneOptions } from "../../src/task/worlds/index.ts";
import { sentence } from "../shared/scenes.ts";
import type { StudyTask } from "../shared/train-tasks.ts";

export type Objective = "caption" | "text denoising" | "language modelling" | "image denoising";

export const CAPTION = planOf(parseInstruction("[IMAGE:image] -> [TEXT:text]"));
const DENOISE = planOf(parseInstruction("[TEXT:masked,mask_ratio=0.3] -> [TEXT:text]"));
const IMAGE_DENOISE = planOf(
  parseInstruction("[IMAGE:image] [TEXT:masked,mask_ratio=0.3] -> [TEXT:text]"),
);

export const objectives = (
  names: readonly Objective[],
  scene: SceneOptions,
  options: Preparation,
): StudyTask[] =>
  names.map((name) => ({ name, draw: (random) => drawOf[name](random, scene, options) }));

/** Each objective says itself what it corrupts. */
type Preparation = Omit<PrepareOptions, "random">;

type Draw = (random: Random, scene: SceneOptions, options: Preparation) => Promise<PreparedSample>;

const captioned = (random: Random, scene: SceneOptions): TaskRecord => {
  const { image, caption } = captionScenes(random, "train", scene);
  return { image, masked: caption, text: caption };
};

const said = (random: Random, scene: SceneOptions): TaskRecord => {
  const text = sentence(random, scene);
  return { masked: text, text };
};

const drawOf: Readonly<Record<Objective, Draw>> = {
  caption: (random, scene, options) => prepareSample(CAPTION, captioned(random, scene), options),
  "image denoising": (random, scene, options) =>
    prepareSample(IMAGE_DENOISE, captioned(random, scene), { ...options, random }),
  "text denoising": (random, scene, options) =>
    prepareSample(DENOISE, said(random, scene), { ...options, random }),
  async "language modelling"(random, scene, options) {
    const { target } = await prepareSample(DENOISE, said(random, scene), options);
    return { groups: emptySource(options.vocabulary), target };
  },
};
