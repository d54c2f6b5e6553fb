/** How much memory a run of a program needs for the values between its inputs and outputs. */

import { dtypes } from "../dtype.ts";
import { byteLength } from "../ndarray.ts";
import { dimEvaluate, dimSymbols } from "../shape.ts";
import type { TensorType } from "../tensor.ts";
import { type LowerOptions, lowerGraph } from "./lowering.ts";
import type { GraphProto, NodeProto } from "./proto.ts";

/** Ops whose first output is the memory of their first input. */
const ALIASES = new Set(["Reshape", "Squeeze", "Unsqueeze", "Flatten", "Identity"]);
/** Ops that write over an input of the same size where nothing else reads it. */
const IN_PLACE = new Set(
  (
    "Add Sub Mul Div Neg Exp Log Sqrt Abs Reciprocal Sigmoid Tanh Erf Relu Cast Clip Softmax " +
    "Pow Floor Sign Not And Or"
  ).split(" "),
);
/** A tensor's shape or size: bytes, whatever the tensor. */
const TINY = new Set(["Shape", "Size"]);

/**
 * The most bytes that values of a run need at one time: a walk over the lowered graph in the
 * engine's order, in which a value lives from the node that makes it to the last that reads it.
 * Inputs, weights and outputs are not counted: they are the caller's memory. Nor are values
 * inside the bodies of scan and cond.
 *
 * @param dims a number for every symbol of the inputs' shapes
 * @example
 * const bytes = peakBytes({ inputs: [x], outputs: { y } }, new Map([["batch", 8]]));
 */
export function peakBytes(options: LowerOptions, dims: ReadonlyMap<string, number>): number {
  const { graph, types } = lowerGraph(options);
  const bytes = valueBytes(graph, types, dims);
  const nodes = executionOrder(graph.nodes);
  const rootOf = aliasRoots(graph, nodes);
  const readers = new Map<string, number>();
  for (const node of nodes) {
    for (const value of new Set(readBy(node).map(rootOf))) {
      readers.set(value, (readers.get(value) ?? 0) + 1);
    }
  }
  const live = new Map<string, number>();
  let [now, peak] = [0, 0];
  const free = (value: string): void => {
    now -= live.get(value) ?? 0;
    live.delete(value);
  };
  for (const node of nodes) {
    const done: string[] = [];
    for (const value of new Set(readBy(node).map(rootOf))) {
      const left = readers.get(value)! - 1;
      readers.set(value, left);
      if (left === 0) done.push(value);
    }
    const made = node.outputs.filter((name) => name !== "" && bytes.has(name));
    for (const name of made) {
      if (rootOf(name) !== name) continue;
      const size = bytes.get(name)!;
      const reused = IN_PLACE.has(node.opType)
        ? done.find((value) => live.get(value) === size)
        : undefined;
      if (reused !== undefined) live.delete(reused);
      else now += size;
      live.set(name, size);
    }
    peak = Math.max(peak, now);
    for (const value of done) free(value);
    for (const name of made) if (!readers.has(rootOf(name))) free(name);
  }
  return peak;
}

/** Bytes of a value. @param dims a number for every symbol of its shape */
export const typeBytes = (
  { dtype, shape }: TensorType,
  dims: ReadonlyMap<string, number>,
): number => shape.reduce<number>((n, d) => n * dimEvaluate(d, dims), dtypes[dtype].bytes);

/** Values that a node reads, those of its bodies included. */
function readBy(node: NodeProto): string[] {
  const inner = Object.values(node.attributes).flatMap((value) =>
    "graph" in value
      ? [...value.graph.nodes.flatMap(readBy), ...value.graph.outputs.map(({ name }) => name)]
      : [],
  );
  return [...node.inputs.filter((name) => name !== ""), ...inner];
}

/** Bytes of every value that the run has to find memory for. */
function valueBytes(
  graph: GraphProto,
  types: ReadonlyMap<string, TensorType>,
  dims: ReadonlyMap<string, number>,
): Map<string, number> {
  const sizes = new Map(dims);
  const sizeOf = (type: TensorType): number => typeBytes(type, sizes);
  const given = [...graph.inputs, ...graph.weights];
  const ports = [...given, ...(graph.values ?? [])];
  const typed = new Map<string, TensorType>(ports.map((port) => [port.name, port]));
  for (const [name, type] of types) typed.set(name, type);
  /** What only the run can tell, such as how many were chosen: no more than there were. */
  const bound = ({ shape }: TensorType, inputs: readonly string[]): void => {
    for (const symbol of shape.flatMap(dimSymbols)) {
      if (sizes.has(symbol)) continue;
      const axes = inputs.flatMap((input) => typed.get(input)?.shape ?? []);
      sizes.set(symbol, Math.max(1, ...axes.map((d) => dimEvaluate(d, sizes))));
    }
  };
  const known = new Map(given.map((port) => [port.name, sizeOf(port)]));
  for (const [name, array] of graph.constants) known.set(name, byteLength(array));
  const made = new Map<string, number>();
  for (const { opType, inputs, outputs } of graph.nodes) {
    for (const name of outputs) {
      const type = typed.get(name);
      if (type) bound(type, inputs);
      // What a lowering makes in between is about as large as what it is made from.
      const size = type
        ? sizeOf(type)
        : TINY.has(opType)
          ? 8
          : inputs.reduce((n, input) => Math.max(n, known.get(input) ?? 0), 0);
      known.set(name, size);
      made.set(name, size);
    }
  }
  for (const { name } of graph.outputs) made.delete(name);
  return made;
}

/** The value whose memory each value shares. */
function aliasRoots(graph: GraphProto, nodes: readonly NodeProto[]): (name: string) => string {
  const outside = new Set(
    [...graph.inputs, ...graph.weights, ...graph.outputs].map(({ name }) => name),
  );
  const roots = new Map<string, string>();
  const rootOf = (name: string): string => roots.get(name) ?? name;
  for (const { opType, inputs, outputs } of nodes) {
    if (ALIASES.has(opType) && !outside.has(outputs[0])) roots.set(outputs[0], rootOf(inputs[0]));
  }
  return rootOf;
}

/**
 * The order in which ONNX Runtime runs nodes: depth first from the last that nothing reads, along
 * the latest inputs first (GraphViewer's topological order).
 */
function executionOrder(nodes: readonly NodeProto[]): NodeProto[] {
  const makers = new Map<string, number>();
  nodes.forEach(({ outputs }, i) => {
    for (const name of outputs) makers.set(name, i);
  });
  const sources = nodes.map((node) =>
    [...new Set(readBy(node).flatMap((name) => makers.get(name) ?? []))].sort((a, b) => a - b),
  );
  const isRead = new Set(sources.flat());
  const stack = nodes.flatMap((_, i) => (isRead.has(i) ? [] : [{ node: i, leaves: false }]));
  const seen = new Set<number>();
  const order: NodeProto[] = [];
  while (stack.length > 0) {
    const { node, leaves } = stack.pop()!;
    if (leaves) order.push(nodes[node]);
    if (leaves || seen.has(node)) continue;
    seen.add(node);
    stack.push({ node, leaves: true });
    for (const source of sources[node]) {
      if (!seen.has(source)) stack.push({ node: source, leaves: false });
    }
  }
  return order;
}
