/** Losses that make a student predict like a teacher, on given or on the student's own answers. */

import { add, exp, log, mul, sub } from "../../graph/ops/elementwise.ts";
import { gatherElements } from "../../graph/ops/gather.ts";
import { dimSize, input } from "../../graph/ops/leaf.ts";
import { crossEntropy } from "../../graph/ops/loss.ts";
import { sum } from "../../graph/ops/reduce.ts";
import { logSoftmax } from "../../graph/ops/softmax.ts";
import type { Tensor } from "../../graph/tensor.ts";
import type { LossFunction } from "../gradient.ts";
import type { TokenModel } from "../language-model.ts";
import { labelScores, rowLogits, scoreInputs } from "./scores.ts";

/** Sum over rows of KL(of || from), both log-probabilities [rows, vocab]. */
const kl = (of: Tensor, from: Tensor): Tensor => sum(mul(exp(of), sub(of, from)));

/** The generalised Jensen-Shannon divergence, summed over rows; its ends are the two KLs. */
function divergence(teacher: Tensor, student: Tensor, beta: number): Tensor {
  if (beta === 0) return kl(teacher, student);
  if (beta === 1) return kl(student, teacher);
  const mixture = log(add(mul(exp(teacher), beta), mul(exp(student), 1 - beta)));
  return add(mul(kl(teacher, mixture), beta), mul(kl(student, mixture), 1 - beta));
}

export interface TopKDistillationOptions {
  /** Likeliest tokens of the teacher that are stored for a position. */
  readonly k: number;
  /** Softens both distributions (default 1); the loss is multiplied by its square. */
  readonly temperature?: number;
  /** Weight of the divergence against the labels' cross-entropy (default 1: divergence alone). */
  readonly weight?: number;
}

/**
 * Divergence from a teacher whose `k` likeliest tokens were stored (Hinton et al. 2015), to be
 * divided by tokens: KL(teacher || student) over those tokens, both renormalised over them.
 *
 * Inputs besides those of `scoreInputs`: `teacher ids` i64 [rows, k] and `teacher logits` f32
 * [rows, k] (logits or log-probabilities).
 */
export function topKDistillationLoss(
  model: TokenModel,
  { k, temperature = 1, weight = 1 }: TopKDistillationOptions,
): LossFunction {
  return (p) => {
    const given = scoreInputs();
    const shape = [given.rows.shape[0], k];
    const ids = input("teacher ids", "i64", shape);
    const stored = input("teacher logits", "f32", shape);
    const logits = rowLogits(model, p, given);
    const soften = 1 / temperature;
    const student = logSoftmax(mul(gatherElements(logits, ids, 1), soften));
    const teacher = logSoftmax(mul(stored, soften));
    const soft = kl(teacher, student);
    const hard = sum(crossEntropy(logits, given.labels));
    const scaled = mul(soft, temperature ** 2);
    const total = weight === 1 ? scaled : add(mul(scaled, weight), mul(hard, 1 - weight));
    return {
      inputs: [...Object.values(given), ids, stored],
      total,
      count: dimSize([given.rows.shape[0]], "f32"),
      metrics: { divergence: soft, "cross entropy": hard },
    };
  };
}

export interface OnPolicyDistillationOptions {
  /**
   * Share of the student in the mixture that both are compared with, as in generalised knowledge
   * distillation (Agarwal et al. 2023): 0 is KL(teacher || student), 1 is KL(student || teacher),
   * the default; between them, the generalised Jensen-Shannon divergence.
   */
  readonly beta?: number;
  readonly temperature?: number;
}

/**
 * Divergence over the whole vocabulary on answers that the student sampled, to be divided by
 * tokens. Qwen3's strong-to-weak distillation aligns the logits of both there.
 *
 * Inputs besides those of `scoreInputs`: `teacher logits` f32 [rows, vocab].
 */
export function onPolicyDistillationLoss(
  model: TokenModel,
  vocab: number,
  { beta = 1, temperature = 1 }: OnPolicyDistillationOptions = {},
): LossFunction {
  return (p) => {
    const given = scoreInputs();
    const teacherLogits = input("teacher logits", "f32", [given.rows.shape[0], vocab]);
    const logits = rowLogits(model, p, given, temperature);
    const teacher = logSoftmax(mul(teacherLogits, 1 / temperature));
    return {
      inputs: [...Object.values(given), teacherLogits],
      total: divergence(teacher, logSoftmax(logits), beta),
      metrics: { "log probability": sum(labelScores(logits, given.labels)) },
    };
  };
}
