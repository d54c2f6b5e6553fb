/** Speech, frame by frame. */

import { fromValues, ndarray } from "../../graph/ndarray.ts";
import { melToAudio } from "../../media/index.ts";
import type { Audio } from "../../media/types.ts";
import { need } from "../prepare/context.ts";
import type { PreparedGroup } from "../prepare/sample.ts";
import type { GenerateOptions } from "./options.ts";
import { writtenInto } from "./programs.ts";
import type { TaskEngine } from "./task-engine.ts";

/** Fewer frames are no sound: Griffin-Lim needs more than half a frame's samples. */
const LEAST_FRAMES = 4;

/**
 * The sound that a source asks for: frames until the network says that it stops (a probability
 * above a half), or as many as there may be; then Griffin-Lim.
 *
 * @param groups the source
 */
export async function generateSpeech(
  engine: TaskEngine,
  groups: readonly PreparedGroup[],
  options: GenerateOptions,
): Promise<Audio> {
  const { mean, deviation, mels, sampleRate } = need(engine.config.speech, "AUDIO");
  const frames = await generateFrames(engine, groups, options);
  const data = frames.map((value) => value * deviation + mean);
  return melToAudio({ frames: data.length / mels, bins: mels, data }, { sampleRate });
}

/** Normalised log-mel frames [frames, mels]. */
export async function generateFrames(
  engine: TaskEngine,
  groups: readonly PreparedGroup[],
  { positions, signal }: Pick<GenerateOptions, "positions" | "signal">,
): Promise<Float32Array> {
  const { stack, mels, maxPositions } = engine.config.speech!;
  const most = positions ?? maxPositions;
  const least = Math.ceil(LEAST_FRAMES / stack);
  if (!Number.isInteger(most) || most < least || most > maxPositions) {
    throw new RangeError(
      `task: positions is ${most}, expected a whole number from ${least} to ${maxPositions}`,
    );
  }
  const { session, state } = await engine.read(groups, "speech", most, signal);
  // Written in place: each call writes the positions behind the last one's.
  const written = writtenInto(engine.ports, state);
  const width = stack * mels;
  const all = new Float32Array(most * width);
  let fed = new Float32Array(width); // before the first position there is silence
  let count = 0;
  let isLast = false;
  while (count < most && !isLast) {
    const { frames, stop } = await session.run(
      { ...state, fed: ndarray("f32", [1, 1, width], fed), past: fromValues("i32", [1], [count]) },
      { outputs: written, fetch: ["frames", "stop", ...Object.keys(written)], signal },
    );
    fed = Float32Array.from(frames.data as Float32Array);
    all.set(fed, count * width);
    count++;
    isLast = count >= least && Number(stop.data[0]) > 0; // a logit
  }
  return all.subarray(0, count * width);
}
