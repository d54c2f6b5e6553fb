/** How each modality enters and leaves a model: what a config says, for what its tasks need. */

import { codeCount } from "../../models/image-codes.ts";
import { neededParts } from "../lacks.ts";
import type { TaskModelConfig } from "../model/config.ts";
import type { Task } from "../task.ts";
import { motionStatisticsOf, speechStatistics } from "./measure.ts";
import { adaptors, type ModelKeys } from "./schema-model.ts";

export type Parts = Omit<TaskModelConfig, "body">;

const BINS = 100;

/**
 * @param present the parts that a model has already
 * @throws Error naming the key for sizes that do not fit
 */
export async function partsOf(
  keys: ModelKeys,
  tasks: readonly Task[],
  where: string,
  present: Partial<Parts> = {},
): Promise<Parts> {
  const needed = new Set(tasks.flatMap(({ plans }) => plans.flatMap((plan) => neededParts(plan))));
  /** What the config says, or defaults where a task needs what the model has not. */
  const keysOf = <K extends keyof typeof adaptors>(key: K): ModelKeys[K] => {
    if (keys[key] !== undefined || present[key] || !needed.has(key)) return keys[key];
    return adaptors[key].parse({}) as ModelKeys[K]; // of that key's own schema
  };
  const { image, video, codes } = {
    image: keysOf("image"),
    video: keysOf("video"),
    codes: keysOf("codes"),
  };
  checkGrid(where, "image", image);
  checkGrid(where, "video", video);
  checkGrid(where, "codes", codes);
  if (codes && codes.width % 32 !== 0) {
    throw new Error(`${where}: "model.codes.width" is ${codes.width}, expected a multiple of 32`);
  }
  const audio = keysOf("audio");
  const speech = keysOf("speech");
  const motion = keysOf("motion");
  const { steps: _, ...network } = codes ?? {};
  return {
    ...present,
    bins: keys.bins ?? (present.bins || (needed.has("bins") ? BINS : 0)),
    ...(image && { image }),
    ...(video && { video }),
    ...(audio && { audio: withPositions(audio) }),
    ...(codes && { codes: network as NonNullable<Parts["codes"]> }),
    ...(speech && {
      speech: {
        mels: speech.mels,
        stack: speech.stack,
        sampleRate: speech.sample_rate,
        maxPositions: speech.positions,
        ...(await speechStatistics(tasks, speech, where)),
      },
    }),
    ...(motion && {
      motion: {
        maxFrames: motion.frames,
        rate: motion.rate,
        ...(await motionStatisticsOf(tasks, motion.rate, where)),
      },
    }),
  };
}

const withPositions = ({ positions, ...audio }: NonNullable<ModelKeys["audio"]>) => ({
  ...audio,
  maxPositions: positions,
});

export const codeCountOf = ({ codes }: Pick<Parts, "codes">): number =>
  codes ? codeCount(codes) : 0;

interface Grid {
  readonly size: number;
  readonly patch: number;
  readonly merge?: number;
}

function checkGrid(where: string, key: string, grid: Grid | undefined): void {
  if (!grid) return;
  const { size, patch, merge = 1 } = grid;
  if (key !== "codes" && !Number.isInteger(Math.log2(patch))) {
    throw new Error(`${where}: "model.${key}.patch" is ${patch}, expected a power of two`);
  }
  if (size % (patch * merge) !== 0) {
    const unit = merge === 1 ? `patch ${patch}` : `patch ${patch} times merge ${merge}`;
    throw new Error(`${where}: "model.${key}.size" is ${size}, expected a multiple of ${unit}`);
  }
}
