/** Where joints are: forward kinematics. */

import type { Motion } from "../types.ts";
import { multiply, type Quaternion, rotate, type Vector } from "./rotation.ts";

/** Places in the world, in the skeleton's unit. */
export interface Positions {
  /** Of the joints: [frames, joints, 3]. */
  readonly joints: Float32Array;
  /** Where the bones without a joint at their end end: [frames, ends, 3]. */
  readonly ends: Float32Array;
}

/**
 * Where each joint is in each frame. The root is where the motion says; its offset is not added.
 * @example
 * const { joints } = jointPositions(parseBvh(text, "walk.bvh"));
 */
export function jointPositions(motion: Motion): Positions {
  const { skeleton, frames } = motion;
  const joints = new Float32Array(frames * skeleton.joints.length * 3);
  const ends = new Float32Array(frames * skeleton.ends.length * 3);
  const places: Vector[] = [];
  const turns: Quaternion[] = [];
  for (let frame = 0; frame < frames; frame++) {
    skeleton.joints.forEach(({ parent, offset }, joint) => {
      const turn = rotationOf(motion, frame, joint);
      const root = parent < 0;
      places[joint] = root
        ? rootOf(motion, frame)
        : add(places[parent]!, rotate(turns[parent]!, offset));
      turns[joint] = root ? turn : multiply(turns[parent]!, turn);
      joints.set(places[joint], (frame * skeleton.joints.length + joint) * 3);
    });
    skeleton.ends.forEach(({ joint, offset }, end) => {
      const place = add(places[joint]!, rotate(turns[joint]!, offset));
      ends.set(place, (frame * skeleton.ends.length + end) * 3);
    });
  }
  return { joints, ends };
}

/** A joint's rotation against its parent. */
export function rotationOf(
  { skeleton, rotations }: Motion,
  frame: number,
  joint: number,
): Quaternion {
  const at = (frame * skeleton.joints.length + joint) * 4;
  return [rotations[at]!, rotations[at + 1]!, rotations[at + 2]!, rotations[at + 3]!];
}

export function rootOf({ root }: Motion, frame: number): Vector {
  return [root[frame * 3]!, root[frame * 3 + 1]!, root[frame * 3 + 2]!];
}

const add = (a: Vector, b: Vector): Vector => [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
