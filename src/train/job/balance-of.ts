/** What a job adds to the loss of a mixture of experts. */

import type { NDArray } from "../../graph/ndarray.ts";
import type { NDArrays } from "../../runtime/types.ts";
import type { LossFunction } from "../gradient.ts";
import { exceptExpertBias, updateExpertBias } from "../moe/expert-bias.ts";
import { loadMetrics } from "../moe/load-metrics.ts";
import { maskedSource } from "../moe/token-mask.ts";
import { withBalance } from "../moe/with-balance.ts";
import type { TrainerOptions } from "../trainer.ts";
import type { PreparedModel } from "./prepare.ts";
import type { TrainConfig } from "./schema.ts";
import type { JobSource } from "./sources.ts";

/** Of fresh models, which have learned no balance yet, and where a config asks for balance. */
const COEFFICIENT = 0.01;

type Rates = Pick<TrainerOptions, "rateOf">;
type Balanced = Rates & Pick<TrainerOptions, "loss" | "evaluation" | "afterUpdate">;

/**
 * The loss with the routers' balance, which is measured where it is not asked for, and what else
 * the trainer needs for it. Evaluation is of the plain loss: nothing is dropped.
 */
export function balanced<Job extends JobSource>(
  job: Job,
  { config: model }: PreparedModel,
  config: TrainConfig,
  { rateOf }: Rates,
): { readonly job: Job; readonly training: Balanced } {
  const { loss, source } = job;
  if (!model.moe) return { job, training: { loss } };
  const { balance } = config;
  const rate = balance?.bias_rate;
  return {
    job: { ...job, source: maskedSource(source) },
    training: {
      loss: withMeasuredBalance(loss, config),
      evaluation: loss,
      rateOf: (parameter) => exceptExpertBias(parameter) && (rateOf?.(parameter) ?? 1),
      afterUpdate(parameters: ReadonlyMap<string, NDArray>, sums: NDArrays) {
        if (rate !== undefined) updateExpertBias(parameters, sums.moe_counts, rate);
        return loadMetrics(sums.moe_counts);
      },
    },
  };
}

/** The loss with the routers' balance, with no weight where it is only measured. */
export function withMeasuredBalance(
  loss: LossFunction,
  { model, balance }: TrainConfig,
): LossFunction {
  const isWanted = balance ? balance.bias_rate === undefined : typeof model !== "string";
  const { capacity_factor: factor } = balance ?? {};
  return withBalance(loss, {
    scope: balance?.scope,
    coefficient: balance?.coefficient ?? (isWanted ? COEFFICIENT : 0),
    microWeight: balance?.micro_weight,
    zLoss: balance?.z_loss,
    ...(balance &&
      factor !== undefined && {
        capacity: { factor, mode: balance.capacity_mode, min: balance.capacity_min },
      }),
    masked: true,
  });
}
