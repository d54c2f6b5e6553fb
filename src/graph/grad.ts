/** Reverse-mode differentiation of traced graphs. Gradients are graphs, so they differentiate too. */

import { isFloat } from "./dtype.ts";
import { full, zerosLike } from "./ops/leaf.ts";
import { addScaled } from "./ops/scaled-sum.ts";
import { expansionOf, labelled, type Node, type Tensor } from "./tensor.ts";

/**
 * Gradients of a scalar by tensors it depends on.
 *
 * @param loss rank-0 float tensor.
 * @param wrt tensors to differentiate by; any tensor of the graph, usually parameters.
 * @returns one gradient per tensor, of its dtype and shape (zeros where loss does not depend on it).
 * @throws where an op on the way has no gradient rule.
 * @example
 * const x = input("x", "f32", []);
 * const [slope] = grad(mul(x, x), [x]); // 2x
 */
export function grad(loss: Tensor, wrt: readonly Tensor[]): Tensor[] {
  if (loss.shape.length !== 0 || !isFloat(loss.dtype)) {
    throw new Error(`grad: the loss must be a float scalar, not ${loss}; take its sum or mean`);
  }
  return vjp([loss], [full([], 1, loss.dtype)], wrt);
}

/**
 * Vector-Jacobian product: gradients by `wrt` of the sum over i of <outputs[i], cotangents[i]>.
 * An undefined cotangent counts as zero.
 */
export function vjp(
  outputs: readonly Tensor[],
  cotangents: readonly (Tensor | undefined)[],
  wrt: readonly Tensor[],
): Tensor[] {
  const targets = wrt.map(resolve);
  const { order, leads } = reachableFrom(outputs.map(resolve), new Set(targets.map((t) => t.node)));
  const adjoints = new Map<Tensor, Tensor>();
  outputs.forEach((output, i) => {
    const cotangent = cotangents[i];
    if (cotangent) accumulate(adjoints, resolve(output), cotangent);
  });
  for (let i = order.length - 1; i >= 0; i--) {
    const node = order[i];
    const outputGrads = node.outputs.map((t) => adjoints.get(t));
    if (node.inputs.length === 0 || outputGrads.every((g) => g === undefined)) continue;
    if (!node.op.grad) throw new Error(`grad: op ${node.op.name} has no gradient rule`);
    const needed = node.inputs.map((t) => isFloat(t.dtype) && leads(resolve(t).node));
    const inputGrads = labelled(node.label, () => node.op.grad!(node, outputGrads, needed));
    node.inputs.forEach((input, k) => {
      const g = inputGrads[k];
      if (g && isFloat(input.dtype)) accumulate(adjoints, resolve(input), g);
    });
  }
  return targets.map((t) => adjoints.get(t) ?? zerosLike(t));
}

/** A composite without a gradient rule of its own stands for its decomposition. */
function resolve(tensor: Tensor): Tensor {
  let t = tensor;
  while (t.node.op.expand && !t.node.op.grad) t = expansionOf(t.node)[t.index];
  return t;
}

function accumulate(adjoints: Map<Tensor, Tensor>, tensor: Tensor, g: Tensor): void {
  const sum = adjoints.get(tensor);
  adjoints.set(tensor, sum ? addScaled(sum, g) : g);
}

/** Nodes between `targets` and `outputs`, inputs before users; and which nodes these are. */
function reachableFrom(
  outputs: readonly Tensor[],
  targets: ReadonlySet<Node>,
): { order: Node[]; leads: (node: Node) => boolean } {
  const leads = new Map<Node, boolean>();
  const order: Node[] = [];
  const stack: Node[] = outputs.map((t) => t.node);
  while (stack.length > 0) {
    const node = stack[stack.length - 1];
    if (leads.has(node)) {
      stack.pop();
      continue;
    }
    const inputs = node.inputs.map((t) => resolve(t).node);
    const pending = inputs.filter((n) => !leads.has(n));
    if (pending.length > 0) {
      stack.push(...pending);
      continue;
    }
    stack.pop();
    const lead = targets.has(node) || inputs.some((n) => leads.get(n));
    leads.set(node, lead);
    if (lead) order.push(node);
  }
  return { order, leads: (node) => leads.get(node) === true };
}
