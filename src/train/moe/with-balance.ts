/** A loss with its routers' balance beside it: what training a mixture of experts adds to any loss. */

import { add, cast, div, log, maximum, mul, neg, sub } from "../../graph/ops/elementwise.ts";
import { oneHot } from "../../graph/ops/gather.ts";
import { slice, stack } from "../../graph/ops/join.ts";
import { input } from "../../graph/ops/leaf.ts";
import { sum } from "../../graph/ops/reduce.ts";
import { expandDims, squeeze } from "../../graph/ops/reshape.ts";
import { dim } from "../../graph/shape.ts";
import type { Tensor } from "../../graph/tensor.ts";
import type { Capacity, Routing } from "../../nn/moe-routing.ts";
import type { LossFunction, TracedLoss } from "../gradient.ts";
import {
  type BalanceScope,
  balanceLoss,
  countsOf,
  meanOf,
  pooledBalanceLoss,
  type RoutedLayer,
  routedLayer,
  routerZLoss,
  sequenceBalanceLoss,
} from "./balance.ts";

export interface BalanceOptions {
  /** Default "global". "given": from an input `moe_frequencies` f32 [layers, experts]. */
  readonly scope?: BalanceScope | "given";
  /** Of the balance loss, a mean over layers; 0: none (balance by bias, or not at all). */
  readonly coefficient: number;
  /** Besides, the loss over micro-batches with this share of the coefficient (default 0). */
  readonly microWeight?: number;
  /** Coefficient of the router z-loss (default 0). */
  readonly zLoss?: number;
  /** The loss in the form of transformers (`pooledBalanceLoss`), with scope "micro". */
  readonly hfCompat?: boolean;
  /** Room in each expert (default: nothing is dropped). */
  readonly capacity?: Capacity;
  /** Noise of the routers' inputs; batches then bring `moe_key` u32 [2], new each time. */
  readonly jitter?: number;
  /** Batches bring `mask` f32 [batch, seq]: padding (0) goes through no expert and counts nowhere. */
  readonly masked?: boolean;
}

/**
 * Adds the balance of all layers of experts to a loss. Means over what is supervised, it reports
 * `task_loss`, `moe_balance` (the balance loss over the micro-batch, 1 where even), `moe_z`,
 * `moe_entropy` (of the gates, in nats) and `moe_dropped` (share of choices that found no room).
 * The step's sums `moe_counts` and `moe_processed` f32 [layers, experts] are how often experts were
 * chosen, and what they computed.
 *
 * @param loss of a model with such layers; it must say its `count`
 * @throws Error where the loss has no such layer, or the options contradict each other
 * @example
 * const loss = withBalance(decoderLoss(config), { scope: "global", coefficient: 1e-2 });
 * const trainer = await Trainer.create({ config, loss, rateOf: exceptExpertBias, ...rest });
 */
export function withBalance(loss: LossFunction, options: BalanceOptions): LossFunction {
  const { scope = "global", hfCompat = false, capacity, jitter, masked = false } = options;
  if (hfCompat && scope !== "micro") {
    throw new Error('withBalance: transformers\' form of the loss has scope "micro" alone');
  }
  return (p) => {
    const found: Routing[] = [];
    const mask = masked ? input("mask", "f32", [dim("batch"), dim("seq")]) : undefined;
    const key = jitter === undefined ? undefined : input("moe_key", "u32", [2]);
    const traced = loss(
      p.withRoutes({
        capacity,
        jitter: key && { amount: jitter!, key },
        mask,
        observe: (routing) => found.push(routing),
      }),
    );
    if (found.length === 0) throw new Error("withBalance: the model has no layer of experts");
    if (!traced.count) throw new Error("withBalance: the loss does not say its count");
    const extra = [mask, key].flatMap((tensor) => tensor ?? []);
    return balanced({ ...traced, inputs: [...traced.inputs, ...extra] }, found, options);
  };
}

function balanced(traced: TracedLoss, found: readonly Routing[], options: BalanceOptions) {
  const { scope = "global", coefficient, microWeight = 0, zLoss = 0, hfCompat } = options;
  const layers = found.map(routedLayer);
  const counts = stack(layers.map(countsOf)); // [layers, experts]
  const inputs = [...traced.inputs];
  const carried = { ...traced.carried };
  let ahead = traced.ahead;
  const micro = meanOf(layers.map((layer) => balanceLoss(layer)));
  let balance = micro;
  if (hfCompat) balance = pooledBalanceLoss(layers);
  else if (scope === "sequence") balance = meanOf(layers.map(sequenceBalanceLoss));
  else if (scope !== "micro") {
    const name = { given: "moe_frequencies", global: "moe_seen", exact: "moe_ahead" }[scope];
    const leaf = input(name, "f32", counts.shape);
    const whole = scope === "global" ? add(leaf, counts) : leaf;
    if (scope === "given") inputs.push(leaf);
    else if (scope === "exact") ahead = { moe_ahead: { input: leaf, part: counts } };
    else carried.moe_seen = { input: leaf, output: whole };
    balance = meanOf(layers.map((layer, i) => balanceLoss(layer, rowOf(whole, i))));
  }
  const count = traced.count!; // checked above
  const z = meanOf(found.map(routerZLoss));
  let total = traced.total;
  const extra = [
    [coefficient, balance],
    [coefficient * microWeight, micro],
    [zLoss, z],
  ] as const;
  for (const [weight, term] of extra) {
    if (weight !== 0) total = add(total, mul(mul(count, weight), term));
  }
  const processed = stack(found.map(processedOf));
  const share = div(sum(processed), maximum(sum(counts), 1));
  const metrics = {
    ...traced.metrics,
    task_loss: traced.total,
    moe_balance: mul(count, micro),
    moe_z: mul(count, z),
    moe_entropy: mul(count, meanOf(layers.map(entropyOf))),
    moe_dropped: mul(count, sub(1, share)),
    moe_counts: counts,
    moe_processed: processed,
  };
  return { ...traced, inputs, total, metrics, carried, ...(ahead && { ahead }) };
}

/** Row i of a matrix. */
const rowOf = (x: Tensor, i: number): Tensor => squeeze(slice(x, 0, i, i + 1), [0]);

/** What experts compute: choices that found room, [experts]. */
function processedOf({ chosen, kept, probabilities }: Routing): Tensor {
  const marks = oneHot(chosen, probabilities.shape[1]!, "f32"); // [tokens, k, experts]
  const used = kept ? mul(marks, expandDims(cast(kept.mask, "f32"), 2)) : marks;
  return sum(used, { axes: [0, 1] });
}

/** Mean entropy of a token's gates, in nats. */
function entropyOf({ probabilities }: RoutedLayer): Tensor {
  const terms = mul(probabilities, log(maximum(probabilities, 1e-30)));
  return div(neg(sum(terms)), maximum(sum(probabilities), 1));
}
