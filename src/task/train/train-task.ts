/** A task as training sees it: pools of its records, prepared. */

import { createRandom } from "../../nn/random.ts";
import { type PrepareOptions, SkippedRecord } from "../prepare/context.ts";
import { prepareSample } from "../prepare/prepare.ts";
import type { PreparedSample } from "../prepare/sample.ts";
import { poolsOf } from "../records.ts";
import type { Task } from "../task.ts";
import type { TrainTask } from "./source.ts";

/**
 * @param preparation of the model that is trained
 * @param seed of the templates that are drawn, and of what is masked
 */
export function trainTask(task: Task, preparation: PrepareOptions, seed: number): TrainTask {
  const { name, plans, train = [], weight, positions, smoothing, ctc, closedSet } = task;
  const pools = poolsOf(train, task.pool, name);
  return {
    name,
    weight,
    smoothing,
    ctc,
    positions,
    async samples(k) {
      const random = createRandom(seed, `${name} ${k}`);
      const samples: PreparedSample[] = [];
      for (const [i, record] of (await pools(k)).entries()) {
        const plan = plans[random.below(plans.length)];
        const where = `task ${name}, record ${i} of pool ${k}`;
        const options = { ...preparation, closedSet, random, where };
        try {
          samples.push(await prepareSample(plan, record as Record<string, unknown>, options));
        } catch (error) {
          if (!(error instanceof SkippedRecord)) throw error;
        }
      }
      return samples;
    },
  };
}
