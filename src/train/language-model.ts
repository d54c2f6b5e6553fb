/** The loss of a language model: next token, over the supervised positions. */

import { equal, mul, where } from "../graph/ops/elementwise.ts";
import { gather } from "../graph/ops/gather.ts";
import { dimSize, input, scalar } from "../graph/ops/leaf.ts";
import { crossEntropy } from "../graph/ops/loss.ts";
import { sum } from "../graph/ops/reduce.ts";
import { expandDims, reshape } from "../graph/ops/reshape.ts";
import { dim } from "../graph/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import { type DecoderConfig, decoder, lmHead } from "../models/decoder.ts";
import type { Scope } from "../nn/scope.ts";
import { type GradientProgram, gradientProgram, type LossFunction } from "./gradient.ts";

/** How samples that share a row are kept apart. */
export interface Packing {
  /** i64 [batch, seq]: from 0 in each sample. */
  readonly positions: Tensor;
  /** f32 [batch, 1, seq, seq], added to the scores: 0 within a sample, very low across. */
  readonly bias: Tensor;
}

/** A model of token sequences, in the two parts between which unsupervised positions drop out. */
export type TokenModel = (
  p: Scope,
  tokens: Tensor,
  packing?: Packing,
) => {
  /** [batch, seq, width] */
  readonly hidden: Tensor;
  /** [rows, width] -> logits [rows, vocab] */
  readonly head: (rows: Tensor) => Tensor;
};

export interface TokenLossOptions {
  /**
   * Rows hold several samples (`packedBatch`): further inputs `segments` i64 [batch, seq], equal
   * within a sample, and `positions` i64 [batch, seq]. Attention stays within each sample.
   */
  readonly packed?: boolean;
  /** A further input `rowWeights` f32 [supervised] multiplies the losses. */
  readonly weighted?: boolean;
}

/**
 * Next-token loss. Inputs: `tokens` i64 [batch, seq], `rows` i64 [supervised] (flat indices into
 * batch·seq of the positions that predict) and `labels` i64 [supervised].
 *
 * Only supervised positions go through the head, which for short answers saves most of it.
 */
export function nextTokenLoss(
  model: TokenModel,
  { packed = false, weighted = false }: TokenLossOptions = {},
): LossFunction {
  return (p) => {
    const grid = [dim("batch"), dim("seq")];
    const tokens = input("tokens", "i64", grid);
    const rows = input("rows", "i64", [dim("supervised")]);
    const labels = input("labels", "i64", [dim("supervised")]);
    const inputs = [tokens, rows, labels];
    let packing: Packing | undefined;
    if (packed) {
      const segments = input("segments", "i64", grid);
      const positions = input("positions", "i64", grid);
      inputs.push(segments, positions);
      packing = { positions, bias: segmentBias(segments) };
    }
    const { hidden, head } = model(p, tokens, packing);
    const picked = gather(reshape(hidden, [-1, hidden.shape[2]]), rows);
    const losses = crossEntropy(head(picked), labels);
    if (!weighted) {
      return { inputs, total: sum(losses), count: dimSize([dim("supervised")], "f32") };
    }
    const rowWeights = input("rowWeights", "f32", [dim("supervised")]);
    return {
      inputs: [...inputs, rowWeights],
      total: sum(mul(losses, rowWeights)),
      count: sum(rowWeights),
    };
  };
}

/** Low enough that its exponent is zero, and far from overflowing beside the causal mask. */
const APART = -1e30;

/** Scores between samples become nothing: [batch, seq] -> [batch, 1, seq, seq]. */
function segmentBias(segments: Tensor): Tensor {
  const isSame = equal(expandDims(segments, 2), expandDims(segments, 1)); // [batch, seq, seq]
  return expandDims(where(isSame, scalar(0, "f32"), scalar(APART, "f32")), 1);
}

/**
 * Next-token loss of a decoder.
 *
 * @throws Error for packed samples where a layer carries state from one to the next
 */
export function decoderLoss(c: DecoderConfig, options: TokenLossOptions = {}): LossFunction {
  if (options.packed) checkPackable(c);
  return nextTokenLoss(decoderModel(c), options);
}

/**
 * A decoder as losses see it. Under an adapter, whose base has no gradients and no moments, what
 * is kept between the passes is most of the memory: the cheap parts of it are computed again.
 */
export const decoderModel =
  (c: DecoderConfig): TokenModel =>
  (p, tokens, packing) => ({
    hidden: decoder(p, c, { tokens, ...packing, recompute: c.lora !== undefined }).hidden,
    head: (rows) => lmHead(p, c, rows),
  });

function checkPackable(c: DecoderConfig): void {
  const layer = c.deltaNet?.layers.indexOf(true) ?? -1;
  if (layer >= 0) {
    throw new Error(
      `train: samples of a ${c.modelType} model cannot share a row: layer ${layer} is a gated ` +
        "delta net, whose state and convolution run on from one sample into the next; train " +
        "without packing",
    );
  }
  if (c.rope.type === "dynamic") {
    throw new Error(
      "train: samples cannot share a row where the rotary base depends on the row's length " +
        "(rope type dynamic); train without packing",
    );
  }
}

/** The gradient program of a decoder's next-token loss. */
export const languageModelGradient = (
  c: DecoderConfig,
  options?: TokenLossOptions,
): GradientProgram => gradientProgram(decoderLoss(c, options));
