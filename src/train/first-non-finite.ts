/** Finds where a step first left the finite numbers, by computing it again with a probe a node. */

import { lower } from "../graph/onnx/lowering.ts";
import { mul } from "../graph/ops/elementwise.ts";
import { sum } from "../graph/ops/reduce.ts";
import type { Node, Tensor } from "../graph/tensor.ts";
import { createSession } from "../runtime/index.ts";
import type { NDArrays, SessionOptions } from "../runtime/types.ts";
import type { GradientProgram } from "./gradient.ts";
import { inputsFor } from "./sessions.ts";

/**
 * The first value, in the order of computation, that holds an infinity or NaN: a parameter, an
 * input, or the result of an op with the place in the model that it was traced for.
 *
 * @returns undefined where all are finite
 */
export async function firstNonFinite(
  { graph, traced }: GradientProgram,
  inputs: NDArrays,
  options: SessionOptions,
): Promise<string | undefined> {
  for (const [name, { dtype, data }] of Object.entries(inputs)) {
    if (dtype !== "f32" || (data as Float32Array).every(Number.isFinite)) continue;
    return `"${name}" is not finite`;
  }
  const nodes = nodesOf(Object.values(graph.outputs));
  const outputs: Record<string, Tensor> = {};
  for (const { id, inputs: operands, outputs: results } of nodes) {
    if (operands.length === 0) continue;
    results.forEach((tensor, i) => {
      // 0 for finite values; infinity times 0 is NaN.
      if (tensor.dtype === "f32") outputs[`probe ${id} ${i}`] = sum(mul(tensor, 0));
    });
  }
  using session = await createSession(lower({ ...graph, outputs }), options);
  const probes = await session.run(inputsFor(session, inputs));
  const wrong = nodes.find(({ id, outputs: results }) =>
    results.some((_, i) => Number.isNaN(Number(probes[`probe ${id} ${i}`]?.data[0] ?? 0))),
  );
  if (!wrong) return undefined;
  const { id, op, label } = wrong;
  const isBackward = id > traced.total.node.id;
  return `${isBackward ? "the gradient by " : ""}${op.name}${label && ` of ${label}`} is not finite`;
}

/** Nodes that outputs need, in the order of computation. */
function nodesOf(outputs: readonly Tensor[]): Node[] {
  const found = new Set<Node>();
  const stack = outputs.map(({ node }) => node);
  for (let node = stack.pop(); node; node = stack.pop()) {
    if (found.has(node)) continue;
    found.add(node);
    stack.push(...node.inputs.map((tensor) => tensor.node));
  }
  return [...found].sort((a, b) => a.id - b.id);
}
