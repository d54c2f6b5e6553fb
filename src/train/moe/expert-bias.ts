/** Balance without a loss: a bias on the choice of experts, moved after each optimiser step. */

import type { NDArray } from "../../graph/ndarray.ts";
import { EXPERT_BIAS } from "../../nn/moe-routing.ts";
import type { ParameterShape } from "../memory.ts";

const isBias = (name: string): boolean => name.endsWith(`.${EXPERT_BIAS}`);

/** `rateOf` of a trainer: leaves the biases to `updateExpertBias`. */
export const exceptExpertBias = ({ name }: ParameterShape): number => (isBias(name) ? 0 : 1);

/**
 * Adds `rate` to the bias of experts that were chosen less than the mean and takes it from those
 * that were chosen more (Wang et al. 2024, "Auxiliary-loss-free load balancing", algorithm 1).
 *
 * @param parameters of the trainer's memory, changed in place
 * @param counts of the step: f32 [layers, experts], `StepResult.sums.moe_counts` of `withBalance`
 * @param rate default 1e-3, as in the paper
 * @throws Error where layers of experts and biases do not match
 * @example
 * const { sums } = await trainer.step(batches);
 * updateExpertBias(trainer.memory.parameters, sums.moe_counts);
 */
export function updateExpertBias(
  parameters: ReadonlyMap<string, NDArray>,
  counts: NDArray,
  rate = 1e-3,
): void {
  const biases = [...parameters].filter(([name]) => isBias(name)); // in the order of layers
  const [layers, experts] = counts.shape;
  if (biases.length !== layers || biases.some(([, { shape }]) => shape[0] !== experts)) {
    throw new Error(
      `updateExpertBias: counts are [${counts.shape.join(", ")}] but ${biases.length} routers ` +
        "have a bias; give every layer's router one (router.bias), of which trainers know",
    );
  }
  const chosen = counts.data as Float32Array; // what moe_counts are
  biases.forEach(([, { data }], layer) => {
    const row = chosen.subarray(layer * experts!, (layer + 1) * experts!);
    const mean = row.reduce((a, b) => a + b, 0) / experts!;
    const bias = data as Float32Array; // trained parameters are f32
    row.forEach((count, e) => {
      bias[e]! += rate * Math.sign(mean - count);
    });
  });
}
