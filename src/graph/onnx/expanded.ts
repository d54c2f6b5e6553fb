/** Which composites a program lowers by their decomposition. */

import { existingExpansion, type Node, type Tensor } from "../tensor.ts";

/**
 * Composites whose decomposition is (partly) in the program already, because gradients reach
 * into it: lowering their fused kernel too would compute them twice.
 */
export function expandedComposites(outputs: readonly Tensor[]): ReadonlySet<Node> {
  const reached = new Set<Node>();
  const composites: Node[] = [];
  const expanded = new Set<Node>();
  const reach = (roots: readonly Tensor[]): void => {
    const stack = roots.map((t) => t.node);
    while (stack.length > 0) {
      const node = stack.pop()!;
      if (reached.has(node)) continue;
      reached.add(node);
      if (node.op.expand) composites.push(node);
      for (const input of node.inputs) stack.push(input.node);
    }
  };
  reach(outputs);
  for (let changed = true; changed; ) {
    changed = false;
    for (const node of composites) {
      const expansion = existingExpansion(node);
      if (expanded.has(node) || !expansion || !touches(expansion, node, reached)) continue;
      expanded.add(node);
      reach(expansion);
      changed = true;
    }
  }
  return expanded;
}

/** Whether any node strictly inside a decomposition is in `reached`. */
function touches(expansion: readonly Tensor[], node: Node, reached: ReadonlySet<Node>): boolean {
  const seen = new Set<Node>(node.inputs.map((t) => t.node));
  const stack = expansion.map((t) => t.node);
  while (stack.length > 0) {
    const inner = stack.pop()!;
    if (seen.has(inner) || inner.id < node.id) continue;
    seen.add(inner);
    if (reached.has(inner)) return true;
    for (const input of inner.inputs) stack.push(input.node);
  }
  return false;
}
