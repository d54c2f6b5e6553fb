/** What the numbers of motions are like, so that networks see them around 0 and of one size. */

import type { Motion } from "../types.ts";
import { motionToFeatures } from "./features.ts";

/** Numbers that hardly change are not blown up. */
const LEAST_DEVIATION = 0.05;

/**
 * Mean and standard deviation, at least 0.05, of each number of a frame (`motionToFeatures`).
 *
 * @param motions of one skeleton
 * @throws Error where there are none
 */
export function motionStatistics(motions: Iterable<Motion>): {
  readonly mean: number[];
  readonly deviation: number[];
} {
  const rows: Float32Array[] = [];
  for (const motion of motions) {
    const features = motionToFeatures(motion);
    const width = features.length / motion.frames;
    for (let at = 0; at < features.length; at += width)
      rows.push(features.subarray(at, at + width));
  }
  const [first] = rows;
  if (!first) throw new Error("motionStatistics: there are no motions, expected some");
  const mean: number[] = [];
  const deviation: number[] = [];
  for (let i = 0; i < first.length; i++) {
    const own = rows.reduce((sum, row) => sum + row[i]!, 0) / rows.length;
    const variance = rows.reduce((sum, row) => sum + (row[i]! - own) ** 2, 0) / rows.length;
    mean.push(own);
    deviation.push(Math.max(LEAST_DEVIATION, Math.sqrt(variance)));
  }
  return { mean, deviation };
}
