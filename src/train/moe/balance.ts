/** Load-balancing losses of routers over micro-batches, sequences or whole optimiser steps. */

import { add, div, maximum, mul, square, stopGradient } from "../../graph/ops/elementwise.ts";
import { oneHot } from "../../graph/ops/gather.ts";
import { stack } from "../../graph/ops/join.ts";
import { scalar } from "../../graph/ops/leaf.ts";
import { logSumExp, mean, sum } from "../../graph/ops/reduce.ts";
import { reshape } from "../../graph/ops/reshape.ts";
import type { Tensor } from "../../graph/tensor.ts";
import type { Routing } from "../../nn/moe-routing.ts";

/**
 * What the balance loss takes the experts' frequencies from. The gates are always those of the
 * micro-batch.
 *
 * - `micro`: the micro-batch, as most frameworks do.
 * - `sequence`: each row of the micro-batch by itself (DeepSeek's `seq_aux`).
 * - `global`: the micro-batches of the optimiser step up to this one (Qiu et al. 2025, "Demons in
 *   the Detail", algorithm 1).
 * - `exact`: all micro-batches of the step, which are counted first in a forward pass of their own.
 */
export type BalanceScope = "micro" | "sequence" | "global" | "exact";

/** A layer's routing as the loss sees it, with one entry a token. */
export interface RoutedLayer {
  /** [tokens, experts]: 1 where the expert is chosen, dropped or not; 0 for padding. */
  readonly chosen: Tensor;
  /** [tokens, experts], adding up to 1; 0 for padding. */
  readonly probabilities: Tensor;
  /** Rows of the micro-batch; tokens are row by row. */
  readonly rows: Tensor["shape"][number];
}

/** Marks choices, and takes padding out. */
export function routedLayer({ chosen, probabilities, mask, logits }: Routing): RoutedLayer {
  const experts = probabilities.shape[1];
  const marks = sum(oneHot(chosen, experts, probabilities.dtype), { axes: [1] });
  return {
    chosen: mask ? mul(marks, mask) : marks,
    probabilities: mask ? mul(probabilities, mask) : probabilities,
    rows: logits.shape[0],
  };
}

/** How often each expert is chosen: f32 [experts]. */
export const countsOf = ({ chosen }: RoutedLayer): Tensor =>
  stopGradient(sum(chosen, { axes: [0] }));

/**
 * experts · Σ f·P of a layer: 1 where choices and gates are spread evenly, `experts` where one
 * expert takes all. Frequencies f add up to 1 and are constants to the gradient; P are mean gates.
 *
 * @param counts of choices that f comes from, [experts] (default: the layer's own)
 * @returns []
 */
export function balanceLoss(layer: RoutedLayer, counts: Tensor = countsOf(layer)): Tensor {
  const experts = layer.probabilities.shape[1];
  const frequencies = div(counts, maximum(sum(counts), 1));
  const gates = div(sum(layer.probabilities, { axes: [0] }), tokensOf(layer));
  return mul(sum(mul(stopGradient(frequencies), gates)), experts as number);
}

/** Tokens that are no padding: every one has gates that add up to 1. */
const tokensOf = ({ probabilities }: RoutedLayer): Tensor =>
  maximum(stopGradient(sum(probabilities)), 1e-9);

/** `balanceLoss` of each row by itself, in the mean over tokens. */
export function sequenceBalanceLoss({ chosen, probabilities, rows }: RoutedLayer): Tensor {
  const experts = probabilities.shape[1] as number;
  const byRow = (x: Tensor): Tensor => sum(reshape(x, [rows, -1, experts]), { axes: [1] });
  const [counts, gates] = [stopGradient(byRow(chosen)), byRow(probabilities)]; // [rows, experts]
  const total = maximum(sum(counts, { axes: [1], keepDims: true }), 1);
  // Gates of a row add up to its tokens: each row counts as much as it has tokens.
  const weighed = sum(mul(div(counts, total), gates));
  return mul(div(weighed, maximum(stopGradient(sum(gates)), 1e-9)), experts);
}

/**
 * What transformers' `load_balancing_loss_func` gives: all layers pooled, so that their imbalances
 * may cancel, and frequencies that add up to k. The value of an even router is k.
 */
export function pooledBalanceLoss(layers: readonly RoutedLayer[]): Tensor {
  const experts = layers[0]!.probabilities.shape[1] as number;
  const pooled = (f: (layer: RoutedLayer) => Tensor): Tensor =>
    sum(stack(layers.map((layer) => f(layer))), { axes: [0] });
  const tokens = sum(stack(layers.map(tokensOf)));
  const frequencies = div(pooled(countsOf), tokens);
  const gates = div(
    pooled(({ probabilities }) => sum(probabilities, { axes: [0] })),
    tokens,
  );
  return mul(sum(mul(frequencies, gates)), experts);
}

/**
 * Mean over tokens of logsumexp(logits)², which keeps logits small (Zoph et al. 2022, "ST-MoE").
 *
 * @returns []
 */
export function routerZLoss({ logits, mask }: Pick<Routing, "logits" | "mask">): Tensor {
  const experts = logits.shape[logits.shape.length - 1]!;
  const squares = square(logSumExp(reshape(logits, [-1, experts]), { axes: [1], keepDims: true }));
  if (!mask) return mean(squares);
  return div(sum(mul(squares, mask)), maximum(sum(mask), scalar(1, mask.dtype)));
}

/** Mean of the layers' losses. */
export const meanOf = (losses: readonly Tensor[]): Tensor =>
  mul(
    losses.reduce((a, b) => add(a, b)),
    1 / losses.length,
  );
