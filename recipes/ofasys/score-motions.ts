/** Whether a motion is of the action that was asked for, by the nearest of the actions' means. */

import { motionToFeatures } from "../../src/media/index.ts";
import type { Motion } from "../../src/media/types.ts";
import { createRandom } from "../../src/nn/random.ts";
import { describeMotions } from "../../src/task/worlds/index.ts";
import { MOTION } from "./sizes.ts";

/** Motions that the means are of, about 40 of each action. */
const SHOWN = 500;

/** Mean over time of each number of a frame, then deviations: where in its cycle it starts is all one. */
function summaryOf(motion: Motion): Float64Array {
  const features = motionToFeatures(motion);
  const width = features.length / motion.frames;
  const summary = new Float64Array(2 * width);
  for (let i = 0; i < width; i++) {
    let [sum, squares] = [0, 0];
    for (let at = i; at < features.length; at += width) {
      sum += features[at];
      squares += features[at] ** 2;
    }
    const mean = sum / motion.frames;
    summary[i] = mean;
    summary[width + i] = Math.sqrt(Math.max(0, squares / motion.frames - mean ** 2));
  }
  return summary;
}

interface Means {
  readonly actions: ReadonlyMap<string, Float64Array>;
  /** Deviation of each number among the actions' means. */
  readonly scale: Float64Array;
}

function meansOfActions(): Means {
  const random = createRandom(0, "means of actions");
  const sums = new Map<string, { readonly sum: Float64Array; count: number }>();
  for (let i = 0; i < SHOWN; i++) {
    const { action, motion } = describeMotions(random, "train", MOTION);
    const summary = summaryOf(motion);
    const known = sums.get(action) ?? { sum: new Float64Array(summary.length), count: 0 };
    sums.set(action, known);
    known.count++;
    summary.forEach((value, at) => {
      known.sum[at] += value;
    });
  }
  const actions = new Map(
    Array.from(sums, ([action, { sum, count }]) => [action, sum.map((value) => value / count)]),
  );
  const all = [...actions.values()];
  const scale = all[0].map((_, at) => {
    const mean = all.reduce((sum, own) => sum + own[at], 0) / all.length;
    return Math.sqrt(all.reduce((sum, own) => sum + (own[at] - mean) ** 2, 0) / all.length);
  });
  return { actions, scale };
}

let means: Means | undefined;

/** The action whose mean is nearest. */
export function actionOf(motion: Motion): string {
  means ??= meansOfActions();
  const { actions, scale } = means;
  const summary = summaryOf(motion);
  let best = { action: "", distance: Number.POSITIVE_INFINITY };
  for (const [action, own] of actions) {
    let distance = 0;
    // Numbers that no action changes say nothing.
    own.forEach((value, at) => {
      if (scale[at] > 1e-3) distance += Math.abs(summary[at] - value) / scale[at];
    });
    if (distance < best.distance) best = { action, distance };
  }
  return best.action;
}

/** Share of motions that are taken for the action asked for. */
export const shareOfActions = (motions: readonly unknown[], actions: readonly unknown[]): number =>
  motions.filter((motion, i) => actionOf(motion as Motion) === actions[i]).length / motions.length;
