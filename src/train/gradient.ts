/** From a loss, written once as a function, to the program that computes its gradients. */

import { grad } from "../graph/grad.ts";
import { lower } from "../graph/onnx/lowering.ts";
import { mul } from "../graph/ops/elementwise.ts";
import { input } from "../graph/ops/leaf.ts";
import type { Program } from "../graph/program.ts";
import type { Tensor } from "../graph/tensor.ts";
import { createParameters, type ParameterSpec, type Scope } from "../nn/scope.ts";

/** A loss as a graph. */
export interface TracedLoss {
  /** What a micro-batch brings, by the names of its `inputs`. */
  readonly inputs: readonly Tensor[];
  /** Sum, not mean, of the loss over whatever counts in a micro-batch (tokens, pairs): f32 []. */
  readonly total: Tensor;
}

/** Traces a loss over the parameters that it asks of the scope. */
export type LossFunction = (p: Scope) => TracedLoss;

export interface GradientProgram {
  readonly program: Program;
  /** Without gradients, for evaluation. */
  readonly lossProgram: Program;
  readonly parameters: readonly ParameterSpec[];
}

/** Name of a parameter's gradient among the outputs. */
export const gradientOf = (parameter: string): string => `grad ${parameter}`;

/**
 * Inputs: the parameters by name, those of the loss, and `weight` f32 [], one over the count of
 * the whole step. Outputs: `loss` (weight times the total) and a gradient for each parameter.
 */
export function gradientProgram(loss: LossFunction): GradientProgram {
  const { root, specs, tensors } = createParameters();
  const weight = input("weight", "f32", []);
  const { inputs, total } = loss(root);
  const weighted = mul(total, weight);
  const parameters = [...specs.values()];
  const gradients = grad(
    weighted,
    parameters.map((p) => tensors.get(p.name)!),
  );
  const outputs: Record<string, Tensor> = { loss: weighted };
  parameters.forEach(({ name }, i) => {
    outputs[gradientOf(name)] = gradients[i];
  });
  const options = { inputs: [...inputs, weight], parameters: "input" } as const;
  return {
    program: lower({ ...options, outputs }),
    lossProgram: lower({ ...options, outputs: { loss: weighted } }),
    parameters,
  };
}
