/** How tokens choose experts: scores, groups, bias, capacity. What training watches and limits. */

import { cumsum } from "../graph/ops/cumsum.ts";
import {
  add,
  ceil,
  div,
  greater,
  less,
  logicalAnd,
  maximum,
  mul,
  sigmoid,
  stopGradient,
  sub,
} from "../graph/ops/elementwise.ts";
import { gatherElements, oneHot } from "../graph/ops/gather.ts";
import { dimSize, iota } from "../graph/ops/leaf.ts";
import type { WeighedChoice } from "../graph/ops/moe.ts";
import { foldKey, uniform } from "../graph/ops/random.ts";
import { sum } from "../graph/ops/reduce.ts";
import { broadcastTo, expandDims, reshape, tile, transpose } from "../graph/ops/reshape.ts";
import { softmax } from "../graph/ops/softmax.ts";
import { topK } from "../graph/ops/sort.ts";
import { dim, type Shape } from "../graph/shape.ts";
import { shapeError, type Tensor } from "../graph/tensor.ts";
import { type Scope, zeros } from "./scope.ts";

export const routerScores = ["softmax", "sigmoid"] as const;

/** What a router does beyond the usual one: softmax over all experts, then the highest. */
export interface RouterOptions {
  /** Sigmoid scores each expert by itself, as in DeepSeek-V3 (`scoring_func`; default softmax). */
  readonly score?: (typeof routerScores)[number];
  /**
   * Expert prototyping (M6-T, Yang et al. 2021, "k top-1"): experts in `topK` groups of equal
   * size, each with a softmax of its own, of which a token takes the best. Default false.
   */
  readonly grouped?: boolean;
  /**
   * A bias is added to the scores where experts are chosen, but not where they are weighed
   * (Wang et al. 2024, "Auxiliary-loss-free load balancing"): `gate.e_score_correction_bias`
   * [experts], which no gradient reaches. Default false.
   */
  readonly bias?: boolean;
  /** Multiplies the weights (`routed_scaling_factor`; default 1). */
  readonly scale?: number;
}

/** Room for tokens in each expert; what exceeds it is dropped. */
export interface Capacity {
  /** Room as a multiple of an even share. */
  readonly factor: number;
  /** Of which share: of all choices ("kx", default), or of the tokens ("1x": as for one choice). */
  readonly mode?: "kx" | "1x";
  /** Least room (default 1). */
  readonly min?: number;
}

/** What a training run does with routers besides; a model that answers has none of it. */
export interface RouteHooks {
  /** Default: no limit, nothing is dropped. */
  readonly capacity?: Capacity;
  /** Inputs of routers are multiplied by numbers in [1 - amount, 1 + amount). */
  readonly jitter?: {
    readonly amount: number /** u32 [2], new each step. */;
    readonly key: Tensor;
  };
  /** f32 [batch, seq]: 1 for tokens, 0 for padding, which then goes through no expert. */
  readonly mask?: Tensor;
  /** Is told of each layer's routing while it is traced. */
  readonly observe?: (routing: Routing) => void;
}

/** A layer's routing: tokens are those of all axes of its input. */
export interface Routing extends WeighedChoice {
  /** Of the layer, e.g. `model.layers.0.mlp`. */
  readonly path: string;
  /** [..., experts] */
  readonly logits: Tensor;
  /** [tokens, experts]: adds up to 1 for each token (grouped: for each token in all). */
  readonly probabilities: Tensor;
  /** f32 [tokens, 1], where there is padding. */
  readonly mask?: Tensor;
}

/** Parameter of a router that `bias` is about, as published checkpoints name it. */
export const EXPERT_BIAS = "e_score_correction_bias";

/**
 * Chooses experts.
 *
 * @param p of the layer
 * @param logits [..., experts], of the router
 * @throws {ShapeError} where groups would not be of one size
 */
export function route(
  p: Scope,
  logits: Tensor,
  { topK: k, normalise, router = {} }: RouteConfig,
  { capacity, mask: grid }: RouteHooks = {},
): Routing {
  const experts = logits.shape[logits.shape.length - 1] as number; // what `linear` made
  const rows = reshape(logits, [-1, experts]);
  const mask = grid && reshape(grid, [-1, 1]);
  const { scores, probabilities } = scoresOf(rows, k, router);
  const bias = router.bias && p.in("gate").parameter(EXPERT_BIAS, [experts], zeros);
  const ranked = stopGradient(bias ? add(scores, bias) : scores);
  const chosen = router.grouped ? bestOfGroups(ranked, k) : topK(ranked, k).indices; // [tokens, k]
  let weights = gatherElements(scores, chosen, 1);
  if (normalise) weights = div(weights, sum(weights, { axes: [1], keepDims: true }));
  if (router.scale !== undefined) weights = mul(weights, router.scale);
  const kept = keptWithin(capacity, chosen, experts, mask);
  return {
    path: p.path,
    logits,
    probabilities,
    chosen,
    weights,
    mask,
    kept: kept && { mask: kept, count: dim(`kept_${p.path.replace(/\W/g, "_")}`) },
  };
}

/** The part of a layer's settings that routing depends on. */
export interface RouteConfig {
  readonly topK: number;
  readonly normalise: boolean;
  readonly router?: RouterOptions;
}

/** What experts are weighed by, and the same as a distribution over all experts. */
function scoresOf(
  logits: Tensor,
  k: number,
  { score = "softmax", grouped = false }: RouterOptions,
): { scores: Tensor; probabilities: Tensor } {
  const experts = logits.shape[1] as number;
  if (grouped && experts % k !== 0) {
    throw shapeError("moe", `${experts} experts are not ${k} groups of one size`, [logits]);
  }
  if (score === "sigmoid") {
    const scores = sigmoid(logits);
    const total = sum(scores, { axes: [1], keepDims: true });
    return { scores, probabilities: div(scores, total) };
  }
  if (!grouped) {
    const scores = softmax(logits);
    return { scores, probabilities: scores };
  }
  const scores = reshape(softmax(reshape(logits, [-1, k, experts / k])), [-1, experts]);
  return { scores, probabilities: div(scores, k) };
}

/** The best expert of each group of consecutive ones: [tokens, experts] -> i64 [tokens, groups]. */
function bestOfGroups(scores: Tensor, groups: number): Tensor {
  const size = (scores.shape[1] as number) / groups;
  const best = reshape(topK(reshape(scores, [-1, groups, size]), 1).indices, [-1, groups]);
  return add(best, mul(iota(groups), size));
}

/** Which pairs of token and choice find room, bool [tokens, k]; undefined where all do. */
function keptWithin(
  capacity: Capacity | undefined,
  chosen: Tensor,
  experts: number,
  mask: Tensor | undefined,
): Tensor | undefined {
  const [tokens, k] = chosen.shape as readonly [Shape[number], number];
  const isToken = mask && greater(mask, 0); // [tokens, 1]
  if (!capacity) return isToken && broadcastTo(isToken, chosen.shape);
  // All first choices come before the second ones, each in the order of tokens (GShard).
  const byChoice = reshape(transpose(chosen), [-1]); // [k · tokens]
  let taken = oneHot(byChoice, experts, "f32");
  if (mask) taken = mul(taken, tile(mask, [k, 1]));
  const before = cumsum(taken, 0, { exclusive: true });
  const place = gatherElements(before, expandDims(byChoice, 1), 1); // [k · tokens, 1]
  const places = transpose(reshape(place, [k, tokens])); // [tokens, k]
  const { factor, mode = "kx", min = 1 } = capacity;
  const count = mask ? sum(mask) : dimSize([tokens], "f32");
  const share = mul(count, (factor * (mode === "kx" ? k : 1)) / experts);
  const room = maximum(ceil(sub(share, 1e-4)), min); // 1e-4: rounding of whole shares
  const fits = less(places, room);
  return isToken ? logicalAnd(fits, isToken) : fits;
}

/** The router's input with noise (Switch Transformer): a layer's numbers depend on its path. */
export function jittered(p: Scope, x: Tensor, { amount, key }: NonNullable<RouteHooks["jitter"]>) {
  const own = [...p.path].reduce((hash, c) => (hash * 31 + c.charCodeAt(0)) >>> 0, 7);
  const noise = uniform(foldKey(key, own), x.shape, x.dtype === "f64" ? "f64" : "f32");
  return mul(x, add(mul(noise, 2 * amount), 1 - amount));
}
