/** Functions traced once and used many times: bodies of scan and cond, rematerialised blocks. */

import {
  apply,
  existingExpansion,
  labelled,
  type Node,
  type Op,
  type Tensor,
  type TensorType,
  traceMark,
} from "./tensor.ts";

/**
 * A traced function of placeholders. The last of them stand for `captures`, the tensors of the
 * surrounding trace that it uses.
 */
export interface Subgraph {
  readonly inputs: readonly Tensor[];
  readonly captures: readonly Tensor[];
  readonly outputs: readonly Tensor[];
}

const placeholderOp: Op<TensorType> = {
  name: "placeholder",
  infer: (_, type) => [type],
  lower() {
    throw new Error(
      "lower: a tensor from inside a scan, cond or remat body is used outside of it; " +
        "return it from the body instead",
    );
  },
};

/** A leaf that stands for an input of a body. */
export const placeholder = ({ dtype, shape }: TensorType): Tensor =>
  apply(placeholderOp, [], { dtype, shape })[0];

export interface TraceBodyOptions {
  /**
   * What does not depend on the inputs is traced outside and captured (loop-invariant code is
   * hoisted); false: only what was traced before the body is.
   */
  readonly hoist: boolean;
}

/** Traces `f` on placeholders of the given types. */
export function traceBody(
  types: readonly TensorType[],
  f: (inputs: readonly Tensor[]) => readonly Tensor[],
  { hoist }: TraceBodyOptions,
): Subgraph {
  const inputs = types.map(placeholder);
  const mark = traceMark();
  const outputs = f(inputs);
  const dependent = dependents(outputs, inputs);
  const inside = (node: Node): boolean =>
    dependent.has(node) || (!hoist && node.id >= mark && !isLeaf(node));
  const captures = boundary(outputs, inside, inputs);
  return close([...inputs, ...captures], captures, outputs);
}

/** A body cut off from its surroundings: no walk from inside, through an input, leaves it. */
export function close(
  inputs: readonly Tensor[],
  captures: readonly Tensor[],
  outputs: readonly Tensor[],
): Subgraph {
  const closed = inputs.map((t) => (isPlaceholder(t) ? t : placeholder(t)));
  return { inputs: closed, captures, outputs: substitute(outputs, inputs, closed) };
}

const isPlaceholder = ({ node }: Tensor): boolean => node.op === (placeholderOp as unknown);

/** Inputs and parameters belong to the program, wherever they are first mentioned. */
const isLeaf = ({ op }: Node): boolean => op.name === "parameter" || op.name === "input";

/** A node that needs no other: bodies hold their own. */
const isConstant = ({ op }: Node): boolean => op.name === "constant";

/**
 * Tensors at which a walk up from `outputs` leaves the region `inside`, without constants and
 * `except`; in the order of the walk.
 */
function boundary(
  outputs: readonly Tensor[],
  inside: (node: Node) => boolean,
  except: readonly Tensor[] = [],
): Tensor[] {
  const found = new Set<Tensor>();
  const stop = new Set(except);
  const seen = new Set<Node>();
  const stack = [...outputs].reverse();
  while (stack.length > 0) {
    const tensor = stack.pop()!;
    if (stop.has(tensor) || found.has(tensor) || isConstant(tensor.node)) continue;
    if (!inside(tensor.node)) {
      found.add(tensor);
    } else if (!seen.has(tensor.node)) {
      seen.add(tensor.node);
      for (let i = tensor.node.inputs.length - 1; i >= 0; i--) stack.push(tensor.node.inputs[i]);
    }
  }
  return [...found];
}

/**
 * Values of a body's forward pass that its gradients `grads` are made of: what a backward pass
 * has to be given beyond captures and `cotangents`.
 */
export function savedFor(
  grads: readonly Tensor[],
  body: Subgraph,
  cotangents: readonly (Tensor | undefined)[],
): Tensor[] {
  const forward = ancestors([...body.outputs, ...body.inputs]);
  const given = cotangents.filter((t) => t !== undefined);
  const captured = body.inputs.slice(body.inputs.length - body.captures.length);
  return boundary(grads, (node) => !forward.has(node), [...given, ...captured]).filter(
    (t) => t.node.inputs.length > 0 || isPlaceholder(t),
  );
}

/** Nodes that `outputs` depend on, through decompositions that exist too. */
function ancestors(outputs: readonly Tensor[]): Set<Node> {
  const seen = new Set<Node>();
  const stack = outputs.map((t) => t.node);
  while (stack.length > 0) {
    const node = stack.pop()!;
    if (seen.has(node)) continue;
    seen.add(node);
    for (const t of [...node.inputs, ...(existingExpansion(node) ?? [])]) stack.push(t.node);
  }
  return seen;
}

/** Nodes among those `outputs` need that depend on any of `inputs`, these included. */
function dependents(outputs: readonly Tensor[], inputs: readonly Tensor[]): Set<Node> {
  const sources = new Set(inputs.map((t) => t.node));
  const found = new Set<Node>(sources);
  for (const node of inOrder(outputs, sources)) {
    if (node.inputs.some((t) => found.has(t.node))) found.add(node);
  }
  return found;
}

/** Nodes that `outputs` need, inputs before users; does not look beyond `sources`. */
function inOrder(outputs: readonly Tensor[], sources: ReadonlySet<Node>): Node[] {
  const seen = new Set<Node>(sources);
  const stack = outputs.map((t) => t.node);
  const order: Node[] = [];
  while (stack.length > 0) {
    const node = stack.pop()!;
    if (seen.has(node)) continue;
    seen.add(node);
    order.push(node);
    for (const t of node.inputs) stack.push(t.node);
  }
  // A node's inputs have smaller ids.
  return order.sort((a, b) => a.id - b.id);
}

/** Applies a traced function to as many tensors as it has inputs, captures included. */
export const instantiate = (body: Subgraph, inputs: readonly Tensor[]): Tensor[] =>
  substitute(body.outputs, body.inputs, inputs);

/** `outputs` traced anew with each tensor of `from` replaced by the one of `to`. */
function substitute(
  outputs: readonly Tensor[],
  from: readonly Tensor[],
  to: readonly Tensor[],
): Tensor[] {
  const values = new Map(from.map((t, i) => [t, to[i]]));
  for (const node of inOrder(outputs, new Set(from.map((t) => t.node)))) {
    const copy = copyNode(node, values);
    node.outputs.forEach((t, i) => {
      if (!values.has(t)) values.set(t, copy[i]);
    });
  }
  return outputs.map((t) => values.get(t) ?? t);
}

function copyNode(node: Node, values: ReadonlyMap<Tensor, Tensor>): readonly Tensor[] {
  const inputs = node.inputs.map((t) => values.get(t) ?? t);
  if (inputs.every((t, i) => t === node.inputs[i])) return node.outputs;
  return labelled(node.label, () => apply(node.op, inputs, node.attrs));
}
