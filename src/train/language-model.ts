/** The loss of a language model: next token, over the supervised positions. */

import { gather } from "../graph/ops/gather.ts";
import { input } from "../graph/ops/leaf.ts";
import { crossEntropy } from "../graph/ops/loss.ts";
import { sum } from "../graph/ops/reduce.ts";
import { reshape } from "../graph/ops/reshape.ts";
import { dim } from "../graph/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import { type DecoderConfig, decoder, lmHead } from "../models/decoder.ts";
import type { Scope } from "../nn/scope.ts";
import { type GradientProgram, gradientProgram, type LossFunction } from "./gradient.ts";

/** A model of token sequences, in the two parts between which unsupervised positions drop out. */
export type TokenModel = (
  p: Scope,
  tokens: Tensor,
) => {
  /** [batch, seq, width] */
  readonly hidden: Tensor;
  /** [rows, width] -> logits [rows, vocab] */
  readonly head: (rows: Tensor) => Tensor;
};

/**
 * Next-token loss. Inputs: `tokens` i64 [batch, seq], `rows` i64 [supervised] (flat indices into
 * batch·seq of the positions that predict) and `labels` i64 [supervised].
 *
 * Only supervised positions go through the head, which for short answers saves most of it.
 */
export function nextTokenLoss(model: TokenModel): LossFunction {
  return (p) => {
    const tokens = input("tokens", "i64", [dim("batch"), dim("seq")]);
    const rows = input("rows", "i64", [dim("supervised")]);
    const labels = input("labels", "i64", [dim("supervised")]);
    const { hidden, head } = model(p, tokens);
    const picked = gather(reshape(hidden, [-1, hidden.shape[2]]), rows);
    return { inputs: [tokens, rows, labels], total: sum(crossEntropy(head(picked), labels)) };
  };
}

/** Next-token loss of a decoder. */
export const decoderLoss = (c: DecoderConfig): LossFunction =>
  nextTokenLoss((p, tokens) => ({
    hidden: decoder(p, c, { tokens }).hidden,
    head: (rows) => lmHead(p, c, rows),
  }));

/** The gradient program of a decoder's next-token loss. */
export const languageModelGradient = (c: DecoderConfig): GradientProgram =>
  gradientProgram(decoderLoss(c));
