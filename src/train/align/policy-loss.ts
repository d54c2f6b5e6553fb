/**
 * Policy gradients for sampled answers: GRPO (Shao et al. 2024), Dr.GRPO (Liu et al. 2025), DAPO
 * (Yu et al. 2025), and GSPO with its token form (Zheng et al., arXiv 2507.18071).
 *
 * They differ in what the importance ratio is taken of, where it is clipped, and what a sum over
 * tokens is divided by; the last is `policyWeight`, which a batch's `supervised` must be made of.
 */

import {
  add,
  cast,
  div,
  exp,
  greater,
  less,
  logicalAnd,
  logicalOr,
  maximum,
  minimum,
  mul,
  neg,
  square,
  stopGradient,
  sub,
} from "../../graph/ops/elementwise.ts";
import { gather } from "../../graph/ops/gather.ts";
import { input, onesLike } from "../../graph/ops/leaf.ts";
import { sum } from "../../graph/ops/reduce.ts";
import { dim } from "../../graph/shape.ts";
import type { Tensor } from "../../graph/tensor.ts";
import type { LossFunction } from "../gradient.ts";
import type { TokenModel } from "../language-model.ts";
import { entropies, labelScores, rowLogits, scoreInputs, sumByAnswer } from "./scores.ts";

export interface PolicyLossOptions {
  /**
   * Of what the importance ratio is: each token (GRPO), the answer's geometric mean (GSPO), or
   * that mean with the gradient of each token (GSPO-token, for advantages of tokens).
   */
  readonly ratio: "token" | "sequence" | "sequence-token";
  /** How far the ratio may fall below and rise above 1 before an answer stops counting. */
  readonly clip: readonly [low: number, high: number];
  /**
   * "answer": mean over an answer's tokens, then over answers (GRPO, GSPO). "token": sum over
   * tokens, for a division by all tokens (DAPO) or by a constant (Dr.GRPO).
   */
  readonly aggregate: "answer" | "token";
  /** Weight of the divergence from a reference (estimator k3); 0, the default, needs none. */
  readonly beta?: number;
  /** Sampling temperature, by which logits are divided (default 1). */
  readonly temperature?: number;
}

/** The published settings by name. GSPO's clip range is the paper's for long answers. */
export const policyPresets = {
  grpo: { ratio: "token", clip: [0.2, 0.2], aggregate: "answer" },
  "dr-grpo": { ratio: "token", clip: [0.2, 0.2], aggregate: "token" },
  dapo: { ratio: "token", clip: [0.2, 0.28], aggregate: "token" },
  gspo: { ratio: "sequence", clip: [3e-4, 4e-4], aggregate: "answer" },
  "gspo-token": { ratio: "sequence-token", clip: [3e-4, 4e-4], aggregate: "answer" },
} as const satisfies Record<string, PolicyLossOptions>;

/** Keeps exp finite where a policy has run away; the ratio is clipped long before. */
const LARGEST_LOG_RATIO = 10;

/**
 * The loss of a micro-batch of answers, to be divided by answers ("answer") or tokens ("token").
 *
 * Inputs besides those of `scoreInputs`: `old` f32 [rows] (log-probabilities when sampled),
 * `reference` f32 [rows] (only with beta), `advantages` f32 [answers], or [rows] for
 * "sequence-token".
 *
 * Metrics, sums over tokens unless said otherwise: `tokens`, `answers` (their counts), `ratio`,
 * `log ratio²`, `clipped`, `kl` (k3 of old and new), `entropy`; per answer: `answer log ratio²`.
 */
export function policyLoss(model: TokenModel, options: PolicyLossOptions): LossFunction {
  const { ratio: level, clip, aggregate, beta = 0, temperature = 1 } = options;
  return (p) => {
    const given = scoreInputs();
    const { rows, labels, answers } = given;
    const count = dim("answers");
    const old = input("old", "f32", [rows.shape[0]]);
    const perToken = level === "sequence-token";
    const advantages = input("advantages", "f32", [perToken ? rows.shape[0] : count]);
    const sizes = input("sizes", "f32", [count]); // tokens of each answer
    const logits = rowLogits(model, p, given, temperature);
    const scores = labelScores(logits, labels);
    const change = sub(scores, old); // log ratio of each token
    const meanChange = div(sumByAnswer(change, answers, count), sizes); // [answers]
    const toRows = (perAnswer: Tensor): Tensor => gather(perAnswer, answers);

    const logRatio = {
      token: () => change,
      sequence: () => meanChange,
      // Value of the mean, gradient of the token: sg[s] · π / sg[π].
      "sequence-token": () =>
        add(sub(scores, stopGradient(scores)), stopGradient(toRows(meanChange))),
    }[level]();
    const ratio = exp(minimum(logRatio, LARGEST_LOG_RATIO));
    const advantage = level === "token" ? toRows(advantages) : advantages;
    const clipped = minimum(maximum(ratio, 1 - clip[0]), 1 + clip[1]);
    const gain = minimum(mul(ratio, advantage), mul(clipped, advantage));
    const isOut = logicalOr(
      logicalAnd(greater(advantage, 0), greater(ratio, 1 + clip[1])),
      logicalAnd(less(advantage, 0), less(ratio, 1 - clip[0])),
    );

    const inverse = div(onesLike(sizes), sizes);
    // What a row weighs; a whole answer ("sequence") weighs one, or its tokens.
    const ofRows = level !== "sequence";
    const weight =
      aggregate === "answer" ? (ofRows ? toRows(inverse) : undefined) : ofRows ? undefined : sizes;
    const weighed = weight ? mul(gain, weight) : gain;
    const inputs = [...Object.values(given), old, advantages, sizes];
    let total = neg(sum(weighed));
    const k3 = (from: Tensor, to: Tensor): Tensor => {
      const difference = minimum(sub(from, to), LARGEST_LOG_RATIO);
      return sub(sub(exp(difference), difference), 1);
    };
    if (beta > 0) {
      const reference = input("reference", "f32", [rows.shape[0]]);
      inputs.push(reference);
      const divergence = k3(reference, scores);
      const weighedDivergence =
        aggregate === "answer" ? mul(divergence, toRows(inverse)) : divergence;
      total = add(total, mul(sum(weighedDivergence), beta));
    }
    const rowRatio = ofRows ? ratio : toRows(ratio);
    const rowIsOut = cast(isOut, "f32");
    const metrics = {
      tokens: sum(onesLike(scores)),
      answers: sum(onesLike(sizes)),
      ratio: sum(rowRatio),
      "log ratio²": sum(square(change)),
      "answer log ratio²": sum(square(meanChange)),
      clipped: sum(ofRows ? rowIsOut : toRows(rowIsOut)),
      kl: sum(k3(old, scores)),
      entropy: sum(entropies(logits)),
    };
    return { inputs, total, metrics };
  };
}
