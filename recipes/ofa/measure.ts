/** How often a model does its pretraining tasks right, in known wordings and in unseen ones. */

import type { Box } from "../../src/media/types.ts";
import { boxOverlap } from "../../src/metrics/index.ts";
import { createRandom } from "../../src/nn/random.ts";
import type { TaskModel } from "../../src/task/index.ts";
import { sceneOf } from "../shared/scenes.ts";
import { plansOf, unifiedTasks } from "./tasks.ts";

/** Longer than any caption of two shapes. */
const MOST_TOKENS = 24;

/** Percent right on held-out scenes of a pretraining task, in its known or unseen wordings. */
export async function tasksRight(
  model: TaskModel,
  wordings: "known" | "unseen",
  { heldTasks: count, shapes }: { readonly heldTasks: number; readonly shapes: number },
  seed: number,
): Promise<Record<string, number>> {
  const right: Record<string, number> = {};
  for (const task of unifiedTasks) {
    if (task.unseen.length === 0) continue; // what is compared has both
    const plans = plansOf(task[wordings]);
    const random = createRandom(seed, `held out ${task.name}`);
    let correct = 0;
    for (let i = 0; i < count; i++) {
      const { record, references } = task.draw(random, "heldout", sceneOf(shapes));
      const options = { beam: 1, maxLength: MOST_TOKENS };
      const [value] = Object.values(await model.infer(plans[i % plans.length], record, options));
      if (references.some((reference) => isRight(value, reference))) correct++;
    }
    right[task.name] = (100 * correct) / count;
  }
  return right;
}

/** Text is to be the same; a box is to overlap by half. */
const isRight = (value: unknown, reference: unknown): boolean =>
  Array.isArray(value)
    ? boxOverlap(value as unknown as Box, reference as Box) >= 0.5
    : value === reference;
