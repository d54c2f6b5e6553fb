/** Log-probabilities of given answers under a model: what every alignment loss is made of. */

import { exp, mul, neg } from "../../graph/ops/elementwise.ts";
import { gather, scatterAdd } from "../../graph/ops/gather.ts";
import { full, input } from "../../graph/ops/leaf.ts";
import { crossEntropy } from "../../graph/ops/loss.ts";
import { sum } from "../../graph/ops/reduce.ts";
import { reshape } from "../../graph/ops/reshape.ts";
import { logSoftmax } from "../../graph/ops/softmax.ts";
import { type Dim, dim } from "../../graph/shape.ts";
import type { Tensor } from "../../graph/tensor.ts";
import type { Scope } from "../../nn/scope.ts";
import type { TokenModel } from "../language-model.ts";

export interface ScoreInputs {
  /** i64 [batch, seq] */
  readonly tokens: Tensor;
  /** i64 [rows]: flat indices into batch·seq of the positions that predict an answer's token. */
  readonly rows: Tensor;
  /** i64 [rows]: the tokens that they predict. */
  readonly labels: Tensor;
  /** i64 [rows]: which answer of the batch a row belongs to. */
  readonly answers: Tensor;
}

/** Leaves for a micro-batch of answers. */
export const scoreInputs = (): ScoreInputs => ({
  tokens: input("tokens", "i64", [dim("batch"), dim("seq")]),
  rows: input("rows", "i64", [dim("rows")]),
  labels: input("labels", "i64", [dim("rows")]),
  answers: input("answers", "i64", [dim("rows")]),
});

/**
 * Logits of the rows that predict, divided by the sampling temperature.
 *
 * @returns [rows, vocab]
 */
export function rowLogits(
  model: TokenModel,
  p: Scope,
  { tokens, rows }: ScoreInputs,
  temperature = 1,
): Tensor {
  const { hidden, head } = model(p, tokens);
  const logits = head(gather(reshape(hidden, [-1, hidden.shape[2]]), rows));
  return temperature === 1 ? logits : mul(logits, 1 / temperature);
}

/** Log-probability of each row's label: [rows, vocab], i64 [rows] -> [rows]. */
export const labelScores = (logits: Tensor, labels: Tensor): Tensor =>
  neg(crossEntropy(logits, labels));

/** Entropy of each row's distribution in nats: [rows, vocab] -> [rows]. */
export function entropies(logits: Tensor): Tensor {
  const logProbs = logSoftmax(logits);
  return neg(sum(mul(exp(logProbs), logProbs), { axes: [1] }));
}

/** Sums values of rows by the answer they belong to: [rows], i64 [rows] -> [count]. */
export const sumByAnswer = (values: Tensor, answers: Tensor, count: Dim): Tensor =>
  scatterAdd(full([count], 0), answers, values, 0);
