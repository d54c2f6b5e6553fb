/** Symbolic tensors: immutable nodes of a traced graph, and the declaration that makes an op. */

import type { DType } from "./dtype.ts";
import type { Lowering } from "./onnx/contract.ts";
import { formatShape, type Shape } from "./shape.ts";

export interface TensorType {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** One output of a node. Tensors have no methods: ops are functions, e.g. `matmul(x, w)`. */
export class Tensor implements TensorType {
  readonly node: Node;
  readonly index: number;
  readonly dtype: DType;
  readonly shape: Shape;

  constructor(node: Node, index: number, type: TensorType) {
    this.node = node;
    this.index = index;
    this.dtype = type.dtype;
    this.shape = type.shape;
  }

  /** `up_proj.weight f32 [768, 256]`, as error messages show it. */
  toString(): string {
    const { name } = this.node.attrs as { name?: unknown };
    const label = typeof name === "string" ? `${name} ` : "";
    return `${label}${this.dtype} ${formatShape(this.shape)}`;
  }
}

/** Attributes of an op: plain data (and functions, for ops that trace a body). */
export type Attrs = object;

export interface Node<A extends Attrs = Attrs> {
  /** Creation order; a node's inputs always have smaller ids. */
  readonly id: number;
  readonly op: Op<A>;
  readonly inputs: readonly Tensor[];
  readonly attrs: A;
  readonly outputs: readonly Tensor[];
  /** Parameter path in force when the node was traced, e.g. `model.layers.0.mlp`. */
  readonly label: string;
}

/**
 * Everything an op is. A *primitive* has `lower` and `grad`; a *composite* has `expand`, its
 * decomposition into other ops, and may have a fused `lower` and a `grad` of its own.
 */
export interface Op<A extends Attrs> {
  readonly name: string;
  /** Shape rule: types of the outputs. Throws through `shapeError`. */
  infer(inputs: readonly Tensor[], attrs: A): readonly TensorType[];
  /**
   * Emits ONNX nodes, returns the names of the outputs. A composite may return undefined where
   * its fused kernel does not apply; its decomposition is then lowered.
   */
  lower?(to: Lowering, inputs: readonly string[], node: Node<A>): readonly string[] | undefined;
  /**
   * Gradients by the inputs (undefined: none flows) from the gradients by the outputs. Inputs that
   * are not `needed` lead to nothing that is differentiated by; a rule may skip their work.
   */
  grad?(
    node: Node<A>,
    outputGrads: readonly (Tensor | undefined)[],
    needed: readonly boolean[],
  ): readonly (Tensor | undefined)[];
  /** Decomposition of a composite. */
  expand?(inputs: readonly Tensor[], attrs: A): readonly Tensor[];
  /** The decomposition only keeps values for a gradient: nothing else asks for it (scan, cond). */
  readonly expandsForGradient?: boolean;
}

let nextId = 0;
let currentLabel = "";
const expansions = new WeakMap<Node, readonly Tensor[]>();

/** The id that the next traced node will have: nodes with smaller ids exist already. */
export const traceMark = (): number => nextId;

export function apply<A extends Attrs>(
  op: Op<A>,
  inputs: readonly Tensor[],
  attrs: A,
): readonly Tensor[] {
  const outputs: Tensor[] = [];
  const node = { id: nextId++, op, inputs, attrs, outputs, label: currentLabel };
  // Variance: a Node<A> is only ever handed back to the op that made it.
  const erased = node as unknown as Node;
  for (const type of op.infer(inputs, attrs))
    outputs.push(new Tensor(erased, outputs.length, type));
  return outputs;
}

/** Traces `f` under a parameter path, which errors and profiles then show. */
export function labelled<T>(label: string, f: () => T): T {
  const outer = currentLabel;
  currentLabel = label;
  try {
    return f();
  } finally {
    currentLabel = outer;
  }
}

/**
 * Decomposition of a composite node, traced once: autodiff and lowering see the same tensors, so
 * a program that holds gradients through the decomposition does not compute it twice.
 */
export function expansionOf(node: Node): readonly Tensor[] {
  let expansion = expansions.get(node);
  if (!expansion) {
    const { op } = node;
    if (!op.expand) throw new Error(`${op.name}: not a composite, it has no decomposition`);
    expansion = labelled(node.label, () => op.expand!(node.inputs, node.attrs));
    expansions.set(node, expansion);
  }
  return expansion;
}

/** The decomposition if something has asked for it already. */
export const existingExpansion = (node: Node): readonly Tensor[] | undefined =>
  expansions.get(node);

/** One-sentence trace-time error in the user's terms: op, reason, operands, place. */
export class ShapeError extends Error {
  override name = "ShapeError";
}

export function shapeError(op: string, reason: string, inputs: readonly Tensor[]): ShapeError {
  const where = currentLabel ? ` (in ${currentLabel})` : "";
  return new ShapeError(`${op}: ${reason}: ${inputs.map(String).join(" x ")}${where}`);
}
