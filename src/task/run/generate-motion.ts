/** Motion out of noise, as a text says. */

import { guided, sampleDdim } from "../../generate/diffusion/index.ts";
import { fromValues, ndarray } from "../../graph/ndarray.ts";
import { featuresToMotion, figureSkeleton } from "../../media/index.ts";
import type { Motion } from "../../media/types.ts";
import { type MotionTarget, NOISE_FEATURES, noiseFeatures } from "../../models/adaptors/index.ts";
import type { Slot } from "../grammar/ast.ts";
import { noiseSchedule } from "../model/noise.ts";
import { need } from "../prepare/context.ts";
import type { PreparedGroup } from "../prepare/sample.ts";
import { GENERATE_DEFAULTS, type GenerateOptions } from "./options.ts";
import { writtenInto } from "./programs.ts";
import type { OpenedSource, TaskEngine } from "./task-engine.ts";

/**
 * @param groups the source
 * @param empty a source that says nothing, to guide away from
 * @param attributes of the slot: `max_length` frames where none are asked for, and `min_length`
 */
export async function generateMotion(
  engine: TaskEngine,
  groups: readonly PreparedGroup[],
  empty: readonly PreparedGroup[],
  { max_length: most, min_length: least }: Slot["attributes"],
  options: GenerateOptions,
): Promise<Motion> {
  const c = need(engine.config.motion, "MOTION");
  const asked = options.frames ?? most;
  if (typeof least === "number" && typeof asked === "number" && asked < least) {
    throw new RangeError(`task: frames is ${asked}, fewer than min_length=${least}`);
  }
  const { steps = GENERATE_DEFAULTS.steps, guidance = GENERATE_DEFAULTS.guidance } = options;
  const { seed, signal } = options;
  const frames = typeof asked === "number" ? asked : c.maxFrames;
  if (!Number.isInteger(frames) || frames < 1 || frames > c.maxFrames) {
    throw new RangeError(`task: frames is ${frames}, expected a whole number to ${c.maxFrames}`);
  }
  const size = frames * c.features;
  const sources = await Promise.all(
    [groups, empty].map((source) => engine.read(source, "motion", frames, signal)),
  );
  const both = new Float32Array(2 * size);
  const denoise = guided(async (x, t) => {
    for (const [i, source] of sources.entries()) {
      both.set(await denoised(engine, source, c, x, t), i * size);
    }
    return both;
  }, guidance);
  const drawn = await sampleDdim(denoise, { schedule: noiseSchedule, size, steps, seed, signal });
  for (let i = 0; i < size; i++) {
    drawn[i] = drawn[i] * c.deviation[i % c.features] + c.mean[i % c.features];
  }
  return featuresToMotion(drawn, figureSkeleton, { frameTime: 1 / c.rate });
}

/** What the network takes the motion behind x to be. */
async function denoised(
  engine: TaskEngine,
  { session, state }: OpenedSource,
  c: MotionTarget,
  x: Float32Array,
  t: number,
): Promise<Float32Array> {
  const noisy = ndarray("f32", [1, x.length / c.features, c.features], x);
  const noise = ndarray("f32", [1, NOISE_FEATURES], noiseFeatures(t / noiseSchedule.steps));
  const past = fromValues("i32", [1], [0]);
  // Written in place: the next call writes the same positions again.
  const written = writtenInto(engine.ports, state);
  const { frames } = await session.run(
    { ...state, noisy, noise, past },
    { outputs: written, fetch: ["frames", ...Object.keys(written)] },
  );
  return frames.data as Float32Array;
}
