/** Prepared samples of one layout as the arrays of a micro-batch. */

import { fromValues, type NDArray } from "../../graph/ndarray.ts";
import type { Random } from "../../nn/random.ts";
import type { MicroBatch } from "../../train/index.ts";
import type { TaskModelConfig } from "../model/config.ts";
import { groupArrays } from "../model/group-arrays.ts";
import { groupInput } from "../model/network.ts";
import { lengthOf, type PreparedSample } from "../prepare/sample.ts";
import { type LossLayout, layoutKey } from "./loss.ts";
import { ctcArrays, targetArrays } from "./target-arrays.ts";

/** Of a sample: samples of a batch have the same. */
export function layoutOf({ groups, target }: PreparedSample): LossLayout {
  const source = groups.map(({ kind }) => kind);
  if (target.kind !== "tokens") return { source, target: target.kind };
  if (target.isCodes) return { source, target: "codes" };
  return { source, target: target.allowed ? "closed" : "tokens" };
}

/** A batch before it is weighed against those of other tasks. */
export interface TaskBatch {
  readonly layout: LossLayout;
  readonly inputs: Record<string, NDArray>;
  /** Tokens, frames or positions that the loss sums over. */
  readonly count: number;
  /** Positions computed, padding included. */
  readonly positions: number;
}

/**
 * @param start token that a target starts from
 * @param samples one or more, of one layout
 * @param random noise of diffusion
 * @param isHeard with what a CTC term takes
 */
export function batchOf(
  c: TaskModelConfig,
  start: number,
  samples: readonly PreparedSample[],
  random: Random,
  isHeard = false,
): TaskBatch {
  const layout = layoutOf(samples[0]);
  const inputs: Record<string, NDArray> = {};
  layout.source.forEach((_, i) => {
    const groups = samples.map((sample) => sample.groups[i]);
    for (const [what, array] of Object.entries(groupArrays(c, groups, true))) {
      inputs[groupInput(i, what)] = array;
    }
  });
  const { arrays, count } = targetArrays(c, start, samples, random);
  const positions = samples.length * Math.max(...samples.map(lengthOf));
  if (isHeard) Object.assign(inputs, ctcArrays(samples));
  return { layout, inputs: { ...inputs, ...arrays }, count, positions };
}

/**
 * The micro-batch of a task in a step.
 *
 * @param weight multiplies its mean loss ("tasks") or its summed loss ("tokens")
 * @param loss smoothing of its labels, and its CTC term
 */
export function weighed(
  { layout, inputs, count, positions }: TaskBatch,
  task: string,
  weight: number,
  balance: "tasks" | "tokens",
  { smoothing = 0, ctc }: Pick<LossLayout, "smoothing" | "ctc"> = {},
): MicroBatch {
  const scale = balance === "tokens" ? weight : weight / count;
  return {
    inputs: { ...inputs, scale: fromValues("f32", [], [scale]) },
    supervised: scale * count,
    tokens: positions,
    loss: layoutKey({
      ...layout,
      ...("tokens closed".includes(layout.target) && { smoothing, ctc }),
    }),
    task,
  };
}
