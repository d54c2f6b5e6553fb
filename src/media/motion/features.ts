/**
 * Motions as rows of numbers for networks: the `motion_6d` feature of OFASys (arXiv 2212.04408;
 * ofasys/preprocessor/default/motion_6d.py of its repository).
 *
 * A frame is 3 numbers of where the root is, 3 of how far it came since the frame before, times 100
 * and seen from where the body faces, then 6 of each joint's rotation: [frames, 6 + 6 · joints].
 */

import type { Motion, Skeleton } from "../types.ts";
import { rootOf, rotationOf } from "./kinematics.ts";
import {
  aboutAxis,
  matrixToQuaternion,
  matrixToSix,
  type Quaternion,
  quaternionToEuler,
  quaternionToMatrix,
  rotate,
  type SixNumbers,
  sixToMatrix,
  type Vector,
} from "./rotation.ts";

const velocityScale = 100;

/** Numbers a frame. */
export function motionFeatureSize(skeleton: Skeleton): number {
  return 6 + 6 * skeleton.joints.length;
}

/**
 * The features of a motion: [frames, 6 + 6 · joints]. The first frame has no velocity.
 * @example
 * const features = motionToFeatures(parseBvh(text, "walk.bvh"));
 */
export function motionToFeatures(motion: Motion): Float32Array {
  const { skeleton, frames } = motion;
  const size = motionFeatureSize(skeleton);
  const features = new Float32Array(frames * size);
  let before = rootOf(motion, 0);
  for (let frame = 0; frame < frames; frame++) {
    const place = rootOf(motion, frame);
    const moved = place.map((value, axis) => (value - before[axis]!) * velocityScale);
    const facing = heading(rotationOf(motion, frame, 0));
    features.set(place, frame * size);
    features.set(rotate(aboutAxis("Y", -facing), moved as unknown as Vector), frame * size + 3);
    for (let joint = 0; joint < skeleton.joints.length; joint++) {
      const six = matrixToSix(quaternionToMatrix(rotationOf(motion, frame, joint)));
      features.set(six, frame * size + 6 + joint * 6);
    }
    before = place;
  }
  return features;
}

export interface FeaturesToMotionOptions {
  /** Seconds. */
  readonly frameTime: number;
  /**
   * What says where the root goes over the ground: the sum of "velocity" (what OFASys does with what
   * networks make, since sums are smooth), or "position". Height always comes from the position.
   */
  readonly path?: "velocity" | "position";
}

/**
 * The motion that features describe; six numbers that are no rotation become the nearest one.
 * @param features [frames, 6 + 6 · joints]
 * @throws If the length is no whole number of frames, or a number is not finite.
 * @example
 * const motion = featuresToMotion(features, skeleton, { frameTime: 1 / 20 });
 */
export function featuresToMotion(
  features: Float32Array,
  skeleton: Skeleton,
  { frameTime, path = "velocity" }: FeaturesToMotionOptions,
): Motion {
  const size = motionFeatureSize(skeleton);
  const joints = skeleton.joints.length;
  const frames = features.length / size;
  if (!Number.isInteger(frames) || frames === 0) {
    const expected = `a multiple of ${size}, 6 + 6 for each of ${joints} joints`;
    throw new Error(`featuresToMotion: ${features.length} numbers; expected ${expected}`);
  }
  const broken = features.findIndex((value) => !Number.isFinite(value));
  if (broken >= 0) {
    const place = `number ${broken % size} of frame ${Math.floor(broken / size)}`;
    throw new Error(`featuresToMotion: ${place} is ${features[broken]}; expected finite numbers`);
  }

  const root = new Float32Array(frames * 3);
  const rotations = new Float32Array(frames * joints * 4);
  let [x, z] = [features[0]!, features[2]!];
  for (let frame = 0; frame < frames; frame++) {
    const row = features.subarray(frame * size, (frame + 1) * size);
    for (let joint = 0; joint < joints; joint++) {
      const six = [...row.subarray(6 + joint * 6, 12 + joint * 6)] as unknown as SixNumbers;
      rotations.set(matrixToQuaternion(sixToMatrix(six)), (frame * joints + joint) * 4);
    }
    if (path === "velocity") {
      const [w, qx, qy, qz] = rotations.subarray(frame * joints * 4);
      const facing = heading([w!, qx!, qy!, qz!]);
      const moved = rotate(aboutAxis("Y", facing), [row[3]!, row[4]!, row[5]!]);
      x += moved[0] / velocityScale;
      z += moved[2] / velocityScale;
    } else {
      x = row[0]!;
      z = row[2]!;
    }
    root.set([x, row[1]!, z], frame * 3);
  }
  return { skeleton, frameTime, frames, root, rotations };
}

/** How far a rotation turns about the upright axis, after its tilts: radians. */
function heading(rotation: Quaternion): number {
  return quaternionToEuler(rotation, "YZX")[0];
}
