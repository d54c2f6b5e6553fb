/** The gradient program of a language model: next-token loss over the supervised positions. */

import { grad } from "../graph/grad.ts";
import { lower } from "../graph/onnx/lowering.ts";
import { mul } from "../graph/ops/elementwise.ts";
import { gather } from "../graph/ops/gather.ts";
import { input } from "../graph/ops/leaf.ts";
import { crossEntropy } from "../graph/ops/loss.ts";
import { sum } from "../graph/ops/reduce.ts";
import { reshape } from "../graph/ops/reshape.ts";
import type { Program } from "../graph/program.ts";
import { dim } from "../graph/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import { type DecoderConfig, decoder, lmHead } from "../models/decoder.ts";
import { createParameters, type ParameterSpec } from "../nn/scope.ts";

export interface GradientProgram {
  readonly program: Program;
  /** Without gradients, for evaluation. */
  readonly lossProgram: Program;
  readonly parameters: readonly ParameterSpec[];
}

/** Name of a parameter's gradient among the outputs. */
export const gradientOf = (parameter: string): string => `grad ${parameter}`;

/**
 * Inputs: the parameters by name, `tokens` i64 [batch, seq], `rows` i64 [supervised] (flat indices
 * into batch·seq of the positions that predict), `labels` i64 [supervised], and `weight` f32 [],
 * one over the supervised positions of the whole step. Outputs: `loss` (the weighted sum of the
 * negative log-likelihoods) and a gradient for each parameter.
 *
 * Only supervised positions go through the head, which for short answers saves most of it.
 */
export function languageModelGradient(c: DecoderConfig): GradientProgram {
  const { root, specs, tensors } = createParameters();
  const tokens = input("tokens", "i64", [dim("batch"), dim("seq")]);
  const rows = input("rows", "i64", [dim("supervised")]);
  const labels = input("labels", "i64", [dim("supervised")]);
  const weight = input("weight", "f32", []);
  const { hidden } = decoder(root, c, { tokens });
  const picked = gather(reshape(hidden, [-1, c.hiddenSize]), rows);
  const losses = crossEntropy(lmHead(root, c, picked), labels);
  const loss = mul(sum(losses), weight);
  const parameters = [...specs.values()];
  const inputs = [tokens, rows, labels, weight];
  const gradients = grad(
    loss,
    parameters.map((p) => tensors.get(p.name)!),
  );
  const outputs: Record<string, Tensor> = { loss };
  parameters.forEach(({ name }, i) => {
    outputs[gradientOf(name)] = gradients[i];
  });
  const options = { inputs, parameters: "input" } as const;
  return {
    program: lower({ ...options, outputs }),
    lossProgram: lower({ ...options, outputs: { loss } }),
    parameters,
  };
}
