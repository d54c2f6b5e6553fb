/** Losses over answers that are preferred to others, or liked and disliked: DPO, SimPO, KTO. */

import {
  add,
  cast,
  div,
  equal,
  greater,
  maximum,
  mul,
  neg,
  sigmoid,
  square,
  stopGradient,
  sub,
  where,
} from "../../graph/ops/elementwise.ts";
import { slice } from "../../graph/ops/join.ts";
import { dimSize, input, onesLike } from "../../graph/ops/leaf.ts";
import { softplus } from "../../graph/ops/math.ts";
import { sum } from "../../graph/ops/reduce.ts";
import { reshape, squeeze } from "../../graph/ops/reshape.ts";
import { dim, dimMul } from "../../graph/shape.ts";
import type { Tensor } from "../../graph/tensor.ts";
import type { Scope } from "../../nn/scope.ts";
import type { LossFunction } from "../gradient.ts";
import type { TokenModel } from "../language-model.ts";
import { labelScores, rowLogits, type ScoreInputs, scoreInputs, sumByAnswer } from "./scores.ts";

const logSigmoid = (x: Tensor): Tensor => neg(softplus(neg(x)));

/** [pairs, 2] -> chosen and rejected [pairs]. */
function sidesOf(pairs: Tensor): readonly [chosen: Tensor, rejected: Tensor] {
  const side = (at: number): Tensor => squeeze(slice(pairs, 1, at, at + 1), [1]);
  return [side(0), side(1)];
}

/** Log-probabilities of answers that lie chosen, rejected, chosen, …: [pairs, 2]. */
function sumByPair(model: TokenModel, p: Scope, given: ScoreInputs): Tensor {
  const scores = labelScores(rowLogits(model, p, given), given.labels);
  const pairs = dim("pairs");
  return reshape(sumByAnswer(scores, given.answers, dimMul(pairs, 2)), [pairs, 2]);
}

const countTrue = (condition: Tensor): Tensor => sum(cast(condition, "f32"));

export interface DpoOptions {
  /** How far the policy may move from the reference: the inverse of a temperature (usual 0.1). */
  readonly beta: number;
  /** "sigmoid": the paper's; "ipo": a squared distance to 1 / (2 beta) of the mean token. */
  readonly form?: "sigmoid" | "ipo";
  /** Share of pairs that are taken to be labelled the wrong way round (default 0). */
  readonly labelSmoothing?: number;
}

/**
 * Direct preference optimisation (Rafailov et al. 2023), to be divided by pairs. IPO: Azar et al.
 * 2023, over means of tokens as in TRL.
 *
 * Inputs besides those of `scoreInputs`, whose answers are chosen and rejected in turn: `reference`
 * f32 [pairs, 2], their summed log-probabilities under the model that training starts from;
 * `sizes` f32 [pairs, 2], their tokens.
 *
 * Metrics, per pair: `accuracy` (chosen gained more), `margin`, `chosen reward`, `rejected reward`.
 */
export function dpoLoss(model: TokenModel, options: DpoOptions): LossFunction {
  const { beta, form = "sigmoid", labelSmoothing = 0 } = options;
  return (p) => {
    const given = scoreInputs();
    const pairs = [dim("pairs"), 2];
    const reference = input("reference", "f32", pairs);
    const sizes = input("sizes", "f32", pairs);
    const gains = sub(sumByPair(model, p, given), reference);
    const [chosen, rejected] = sidesOf(form === "ipo" ? div(gains, sizes) : gains);
    const margin = sub(chosen, rejected);
    const reward = mul(margin, beta);
    const losses =
      form === "ipo"
        ? square(sub(margin, 1 / (2 * beta)))
        : neg(
            add(
              mul(logSigmoid(reward), 1 - labelSmoothing),
              mul(logSigmoid(neg(reward)), labelSmoothing),
            ),
          );
    return {
      inputs: [...Object.values(given), reference, sizes],
      total: sum(losses),
      count: dimSize([dim("pairs")], "f32"),
      metrics: {
        accuracy: countTrue(greater(margin, 0)),
        margin: sum(reward),
        "chosen reward": mul(sum(chosen), beta),
        "rejected reward": mul(sum(rejected), beta),
      },
    };
  };
}

export interface SimPoOptions {
  /** Usual 2 to 10: scores are means over tokens. */
  readonly beta: number;
  /** Margin that the chosen answer should win by (usual half of beta). */
  readonly gamma: number;
}

/**
 * Simple preference optimisation (Meng et al. 2024): no reference, scores are means over tokens.
 * To be divided by pairs; inputs and metrics as for `dpoLoss`, without `reference`.
 */
export function simPoLoss(model: TokenModel, { beta, gamma }: SimPoOptions): LossFunction {
  return (p) => {
    const given = scoreInputs();
    const sizes = input("sizes", "f32", [dim("pairs"), 2]);
    const [chosen, rejected] = sidesOf(div(sumByPair(model, p, given), sizes));
    const margin = sub(chosen, rejected);
    return {
      inputs: [...Object.values(given), sizes],
      total: neg(sum(logSigmoid(sub(mul(margin, beta), gamma)))),
      count: dimSize([dim("pairs")], "f32"),
      metrics: {
        accuracy: countTrue(greater(margin, 0)),
        margin: mul(sum(margin), beta),
        "chosen reward": mul(sum(chosen), beta),
        "rejected reward": mul(sum(rejected), beta),
      },
    };
  };
}

export interface KtoOptions {
  readonly beta: number;
  /** Weights of liked and disliked answers (default 1): makes up for uneven numbers. */
  readonly desirableWeight?: number;
  readonly undesirableWeight?: number;
}

/** What an answer is to KTO (input `kinds`). */
export const ktoKinds = { desirable: 1, undesirable: -1, mismatched: 0 } as const;

/**
 * Kahneman-Tversky optimisation (Ethayarajh et al. 2024): answers are liked or disliked, alone.
 * The point that they are measured from is the policy's divergence from the reference, estimated
 * over `mismatched` answers (those of other prompts), without a gradient. To be divided by the
 * liked and disliked answers.
 *
 * Inputs besides those of `scoreInputs`: `reference` f32 [answers], `kinds` i64 [answers].
 */
export function ktoLoss(model: TokenModel, options: KtoOptions): LossFunction {
  const { beta, desirableWeight = 1, undesirableWeight = 1 } = options;
  return (p) => {
    const given = scoreInputs();
    const count = dim("answers");
    const reference = input("reference", "f32", [count]);
    const kinds = input("kinds", "i64", [count]);
    const scores = labelScores(rowLogits(model, p, given), given.labels);
    const gains = sub(sumByAnswer(scores, given.answers, count), reference);
    const is = (kind: number): Tensor => cast(equal(kinds, kind), "f32");
    const mismatched = is(ktoKinds.mismatched);
    const known = maximum(sum(mismatched), 1);
    const base = stopGradient(maximum(div(sum(mul(gains, mismatched)), known), 0));
    const isLiked = equal(kinds, ktoKinds.desirable);
    const lead = mul(sub(gains, base), beta);
    const losses = sub(1, sigmoid(where(isLiked, lead, neg(lead))));
    const weights = add(
      mul(is(ktoKinds.desirable), desirableWeight),
      mul(is(ktoKinds.undesirable), undesirableWeight),
    );
    return {
      inputs: [...Object.values(given), reference, kinds],
      total: sum(mul(losses, weights)),
      count: sub(dimSize([count], "f32"), sum(mismatched)),
      metrics: {
        "liked reward": mul(sum(mul(gains, is(ktoKinds.desirable))), beta),
        "disliked reward": mul(sum(mul(gains, is(ktoKinds.undesirable))), beta),
        "liked answers": sum(is(ktoKinds.desirable)),
        divergence: mul(base, sum(onesLike(gains))),
      },
    };
  };
}
