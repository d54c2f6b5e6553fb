/** How far the joints of two motions are apart. */

import type { Vector } from "./similarity.ts";

/**
 * Mean per-joint position error (MPJPE): the mean distance of joints of the same number in frames of
 * the same number, each relative to its frame's first joint, the root. In the positions' unit; 0 and
 * up, lower is better. The longer motion's end is left out.
 *
 * @param prediction frames of x, y, z of each joint
 * @param reference frames of as many joints
 * @throws Error for a motion without frames, or with other joints
 * @see Ionescu et al., "Human3.6M", 2014
 * @example jointError([[0, 0, 0, 0, 1, 0]], [[5, 5, 5, 5, 5, 6]]) // √2 / 2
 */
export function jointError(prediction: readonly Vector[], reference: readonly Vector[]): number {
  const size = reference[0]?.length ?? 0;
  const frames = Math.min(prediction.length, reference.length);
  if (frames === 0 || size === 0 || size % 3 !== 0) {
    throw new Error("mpjpe: a motion without frames of x, y, z for each joint; give at least one");
  }
  let sum = 0;
  for (let frame = 0; frame < frames; frame++) {
    const [a, b] = [prediction[frame]!, reference[frame]!];
    if (a.length !== size || b.length !== size) {
      throw new Error(
        `mpjpe: frame ${frame} has ${a.length / 3} and ${b.length / 3} joints, expected ${size / 3}`,
      );
    }
    for (let joint = 0; joint < size; joint += 3) {
      let square = 0;
      for (let k = 0; k < 3; k++) square += (a[joint + k]! - a[k]! - (b[joint + k]! - b[k]!)) ** 2;
      sum += Math.sqrt(square);
    }
  }
  return sum / (frames * (size / 3));
}
