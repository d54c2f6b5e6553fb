/** Motions at another frame rate. */

import type { Motion } from "../types.ts";
import { rootOf, rotationOf } from "./kinematics.ts";
import { slerp } from "./rotation.ts";

/**
 * Every n-th frame, as the `sample_rate` attribute of a MOTION slot says in OFASys.
 * @param every 1 or more.
 * @param first The first frame that is kept; OFASys draws it from 0 to every - 1 in training.
 */
export function subsampleMotion(motion: Motion, every: number, first = 0): Motion {
  if (!Number.isInteger(every) || every < 1) {
    throw new RangeError(`subsampleMotion: every ${every} frames; expected an integer from 1 on`);
  }
  if (!Number.isInteger(first) || first < 0 || first >= motion.frames) {
    const last = motion.frames - 1;
    throw new RangeError(
      `subsampleMotion: from frame ${first}; expected an integer from 0 to ${last}`,
    );
  }
  const frames = Math.ceil((motion.frames - first) / every);
  const row = motion.skeleton.joints.length * 4;
  const root = new Float32Array(frames * 3);
  const rotations = new Float32Array(frames * row);
  for (let frame = 0; frame < frames; frame++) {
    const from = first + frame * every;
    root.set(motion.root.subarray(from * 3, from * 3 + 3), frame * 3);
    rotations.set(motion.rotations.subarray(from * row, (from + 1) * row), frame * row);
  }
  return { ...motion, frames, frameTime: motion.frameTime * every, root, rotations };
}

/**
 * The same motion at another number of frames a second: places along straight lines between frames,
 * rotations along the shortest turn.
 * @throws If the rate is not positive, or more than a million frames would be made.
 */
export function resampleMotion(motion: Motion, framesPerSecond: number): Motion {
  const last = motion.frames - 1;
  // The margin keeps the last frame where rounding puts it a hair behind the end.
  const frames = Math.floor(last * motion.frameTime * framesPerSecond + 1e-6) + 1;
  if (!(framesPerSecond > 0) || frames > 1e6) {
    const limit = "a positive number that makes at most a million frames";
    throw new RangeError(`resampleMotion: ${framesPerSecond} frames a second; expected ${limit}`);
  }
  const joints = motion.skeleton.joints.length;
  const root = new Float32Array(frames * 3);
  const rotations = new Float32Array(frames * joints * 4);
  for (let frame = 0; frame < frames; frame++) {
    const time = Math.min(last, frame / framesPerSecond / motion.frameTime);
    const from = Math.floor(time);
    const to = Math.min(last, from + 1);
    const share = time - from;
    const [a, b] = [rootOf(motion, from), rootOf(motion, to)];
    for (let axis = 0; axis < 3; axis++) {
      root[frame * 3 + axis] = a[axis]! + share * (b[axis]! - a[axis]!);
    }
    for (let joint = 0; joint < joints; joint++) {
      const turn = slerp(rotationOf(motion, from, joint), rotationOf(motion, to, joint), share);
      rotations.set(turn, (frame * joints + joint) * 4);
    }
  }
  return { ...motion, frames, frameTime: 1 / framesPerSecond, root, rotations };
}
