/** Whether the generalist's answers are right. */

import { iou, jointPositions } from "../../../src/media/index.ts";
import type { Box, Motion } from "../../../src/media/types.ts";

const OVERLAP = 0.5;

/** Of boxes: overlap of a half or more (RefCOCO's accuracy at 0.5). */
export const isFound = (given: Box, right: Box): boolean => iou(given, right) >= OVERLAP;

interface Detected {
  readonly box: Box;
  readonly label: string;
}

/** Objects found, each with its label and an overlap of a half or more. */
export function matches(given: readonly Detected[], right: readonly Detected[]): number {
  const left = [...right];
  let found = 0;
  for (const { box, label } of given) {
    const at = left.findIndex((other) => other.label === label && isFound(box, other.box));
    if (at < 0) continue;
    left.splice(at, 1);
    found++;
  }
  return found;
}

/**
 * What a motion is like, whatever its phase: mean and deviation of where each joint is, seen from
 * the root's ground point, and of how far the root goes.
 */
export function describeMotion(motion: Motion): number[] {
  const { joints: places } = jointPositions(motion);
  const { frames, root } = motion;
  const joints = motion.skeleton.joints.length;
  const columns: number[][] = Array.from({ length: joints * 3 + 2 }, () => []);
  for (let frame = 0; frame < frames; frame++) {
    for (let joint = 0; joint < joints; joint++) {
      for (let axis = 0; axis < 3; axis++) {
        const at = places[(frame * joints + joint) * 3 + axis];
        const ground = axis === 1 ? 0 : root[frame * 3 + axis];
        columns[joint * 3 + axis].push(at - ground);
      }
    }
    const before = Math.max(0, frame - 1) * 3;
    columns[joints * 3].push((root[frame * 3] - root[before]) * 20);
    columns[joints * 3 + 1].push((root[frame * 3 + 2] - root[before + 2]) * 20);
  }
  return columns.flatMap((values) => {
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
    const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length;
    return [mean, Math.sqrt(variance)];
  });
}

/** The action of the nearest of known motions. */
export function nearestAction(
  motion: readonly number[],
  known: readonly { readonly features: readonly number[]; readonly action: string }[],
): string {
  let [best, action] = [Number.POSITIVE_INFINITY, ""];
  for (const other of known) {
    const distance = other.features.reduce((sum, x, i) => sum + (x - motion[i]) ** 2, 0);
    if (distance < best) [best, action] = [distance, other.action];
  }
  return action;
}
