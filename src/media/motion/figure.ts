/** A stick figure of twelve joints and its moves, for tests and for data that is made, not recorded. */

import type { Motion, Skeleton } from "../types.ts";
import {
  type Angles,
  type FigureAction,
  type JointName,
  moves,
  type Pose,
} from "./figure-moves.ts";
import { jointPositions } from "./kinematics.ts";
import { eulerToQuaternion } from "./rotation.ts";

/** Metres; y is up, the figure faces z, its left is x. At rest it stands with its arms down. */
const bones: readonly (readonly [JointName, parent: number, Angles])[] = [
  ["hips", -1, [0, 0.92, 0]],
  ["spine", 0, [0, 0.14, 0]],
  ["neck", 1, [0, 0.36, 0]],
  ["head", 2, [0, 0.1, 0]],
  ["leftShoulder", 2, [0.19, -0.04, 0]],
  ["leftElbow", 4, [0, -0.28, 0]],
  ["rightShoulder", 2, [-0.19, -0.04, 0]],
  ["rightElbow", 6, [0, -0.28, 0]],
  ["leftHip", 0, [0.1, -0.03, 0]],
  ["leftKnee", 8, [0, -0.44, 0]],
  ["rightHip", 0, [-0.1, -0.03, 0]],
  ["rightKnee", 10, [0, -0.44, 0]],
];

/** The figure that `animateFigure` moves. */
export const figureSkeleton: Skeleton = {
  joints: bones.map(([name, parent, offset]) => ({ name, parent, offset })),
  ends: [
    { joint: 3, offset: [0, 0.2, 0] },
    { joint: 5, offset: [0, -0.26, 0] },
    { joint: 7, offset: [0, -0.26, 0] },
    { joint: 9, offset: [0, -0.45, 0] },
    { joint: 11, offset: [0, -0.45, 0] },
  ],
};
const feet = [3, 4] as const;

export interface FigureOptions {
  /** Seconds; 2 if nothing is said. */
  readonly duration?: number;
  /** 20 if nothing is said. */
  readonly framesPerSecond?: number;
  /** How fast: 1 is usual, 2 twice as fast. */
  readonly speed?: number;
  /** How far limbs go: 1 is usual; 0.5 to 1.3 looks like a person. */
  readonly amplitude?: number;
  /** Where in the move it starts, in cycles from 0 to 1. */
  readonly phase?: number;
  /** Which way the figure faces at first: radians about the upright axis. */
  readonly heading?: number;
}

/**
 * A figure that does something. What it stands on is height 0, and its lower foot touches it unless it
 * jumps or runs.
 * @throws If a number is not finite, or there would be no frame or more than 100,000.
 * @example
 * const video = renderMotion(animateFigure("waveLeft", { speed: 1.5 }));
 */
export function animateFigure(action: FigureAction, options: FigureOptions = {}): Motion {
  const { duration = 2, framesPerSecond = 20, speed = 1 } = options;
  const { amplitude = 1, phase = 0, heading = 0 } = options;
  const frames = Math.round(duration * framesPerSecond);
  if (
    !(frames >= 1 && frames <= 1e5) ||
    ![speed, amplitude, phase, heading].every(Number.isFinite)
  ) {
    throw new RangeError(
      `animateFigure: ${frames} frames of ${JSON.stringify(options)} cannot be made`,
    );
  }
  const move = moves[action];
  const poses = Array.from({ length: frames }, (_, frame) => {
    const seconds = frame / framesPerSecond;
    return move.pose(seconds * speed * move.cyclesPerSecond + phase, amplitude);
  });
  return standing(poses, heading, 1 / framesPerSecond);
}

/** Turns poses into a motion whose lower foot is as high as the pose says. */
function standing(poses: readonly Pose[], heading: number, frameTime: number): Motion {
  const { joints, ends } = figureSkeleton;
  const frames = poses.length;
  const root = new Float32Array(frames * 3);
  const rotations = new Float32Array(frames * joints.length * 4);
  for (const [frame, { turns, facing = 0, ahead = 0 }] of poses.entries()) {
    const start = poses[0]!.ahead ?? 0;
    root[frame * 3] = (ahead - start) * Math.sin(heading);
    root[frame * 3 + 2] = (ahead - start) * Math.cos(heading);
    for (const [joint, [name]] of bones.entries()) {
      // Y first: the hips face somewhere, and lean as seen from there.
      const [x, y, z] = turns[name] ?? [0, 0, 0];
      const about = joint === 0 ? y + heading + facing : y;
      rotations.set(eulerToQuaternion([about, x, z], "YXZ"), (frame * joints.length + joint) * 4);
    }
  }
  const motion = { skeleton: figureSkeleton, frameTime, frames, root, rotations };
  const places = jointPositions(motion).ends;
  for (const [frame, { height = 0 }] of poses.entries()) {
    const soles = feet.map((foot) => places[(frame * ends.length + foot) * 3 + 1]!);
    root[frame * 3 + 1] = height - Math.min(...soles);
  }
  return motion;
}
