/** Lowers a traced graph to an ONNX program. */

import { createHash } from "node:crypto";
import type { DType } from "../dtype.ts";
import { fromValues, type NDArray } from "../ndarray.ts";
import type { Port, Program } from "../program.ts";
import { type Dim, dimSymbols, isStatic, type Shape, SymbolicDim } from "../shape.ts";
import { expansionOf, type Node, type Tensor, type TensorType } from "../tensor.ts";
import { ColumnValues } from "./columns.ts";
import { type Lowering, onnx } from "./contract.ts";
import { expandedComposites } from "./expanded.ts";
import { type Deferred, type Frame, frameIn, outermost } from "./frame.ts";
import { type AttributeValue, encodeModel, type GraphProto } from "./proto.ts";

export type ParameterEntry = "initializer" | "input";

export interface LowerOptions {
  /** Leaves in the order callers feed them. Inputs that nothing reads may be listed too. */
  readonly inputs: readonly Tensor[];
  readonly outputs: Readonly<Record<string, Tensor>>;
  /**
   * How parameters enter: as initialisers whose bytes the runtime asks for (default, may be
   * prepacked), or as ordinary inputs (training: an optimiser changes them between runs); or
   * each by its name (adapters: a frozen base below trained weights).
   */
  readonly parameters?: ParameterEntry | ((name: string) => ParameterEntry);
  /** Use fused kernels of ONNX Runtime (default true); false lowers every decomposition. */
  readonly fuse?: boolean;
  /**
   * Multiply f32 weights of at least so many numbers as (W xᵀ)ᵀ: about twice as fast for 2 to 64
   * rows where weights are not packed, no slower for one, slower beyond 128 (default: none).
   */
  readonly columnsFrom?: number;
}

/**
 * Lowers `outputs` to a program. Same trace, same bytes, same hash.
 *
 * @throws where an output depends on an input that is not listed, or on a dimension that no
 * input determines.
 */
export function lower(options: LowerOptions): Program {
  const { graph, provenance } = lowerGraph(options);
  const model = encodeModel(graph);
  const hash = createHash("sha256").update(model).digest("hex");
  const { inputs, outputs, weights } = graph;
  return { model, hash, inputs, outputs, weights, provenance };
}

export interface LoweredGraph {
  readonly graph: GraphProto;
  /** Types of the outermost graph's values, of those that are a traced tensor. */
  readonly types: ReadonlyMap<string, TensorType>;
  readonly provenance: Program["provenance"];
}

/** What `lower` writes as bytes. */
export const lowerGraph = (options: LowerOptions): LoweredGraph =>
  new Lowerer(options).lowerOutputs();

class Lowerer implements Lowering {
  private readonly options: LowerOptions;
  private frame: Frame = frameIn(undefined);
  private readonly constants = new Map<string, NDArray>();
  private readonly constantNames = new Map<string, string>();
  private readonly weights = new Map<string, Port>();
  private readonly inputs: Port[] = [];
  private readonly symbols = new Map<string, { input: string; axis: number }>();
  private readonly deferred = new Map<string, Deferred>();
  /** What `splitHeads` named: the values with flat heads. */
  private readonly flatHeads = new Map<string, string>();
  private readonly columns: ColumnValues;
  private readonly declared: Port[] = [];
  private readonly provenance = new Map<string, string>();
  private expanded: ReadonlySet<Node>;
  private names = 0;
  private label = "";

  constructor(options: LowerOptions) {
    this.options = options;
    this.columns = new ColumnValues(this, options.columnsFrom ?? Number.POSITIVE_INFINITY);
    this.expanded = expandedComposites(Object.values(options.outputs));
    for (const tensor of options.inputs) this.addInput(tensor, leafName(tensor, "input"));
  }

  lowerOutputs(): LoweredGraph {
    const outputs: Port[] = [];
    for (const [name, tensor] of Object.entries(this.options.outputs)) {
      const value = this.value(tensor);
      if (this.inputs.some((port) => port.name === name) || this.weights.has(name)) {
        throw new Error(`lower: output "${name}" has the name of an input; give it another`);
      }
      this.require(value);
      this.frame.nodes.push({
        name: `output ${name}`,
        opType: "Identity",
        domain: "",
        inputs: [value],
        outputs: [name],
        attributes: {},
      });
      outputs.push({ name, dtype: tensor.dtype, shape: tensor.shape });
    }
    const graph = {
      name: "onefold",
      nodes: this.frame.nodes,
      constants: this.constants,
      weights: [...this.weights.values()],
      inputs: this.inputs,
      outputs,
      values: this.declared,
    };
    const types = new Map(Array.from(this.frame.values, ([tensor, name]) => [name, tensor]));
    return { graph, types, provenance: this.provenance };
  }

  private addInput(tensor: Tensor, name: string): void {
    if (this.inputs.some((port) => port.name === name)) {
      throw new Error(`lower: two inputs are named "${name}"; give each a name of its own`);
    }
    this.inputs.push({ name, dtype: tensor.dtype, shape: tensor.shape });
    this.frame.values.set(tensor, name);
    tensor.shape.forEach((d, axis) => {
      if (d instanceof SymbolicDim && dimSymbols(d)[0] === `${d}` && !this.symbols.has(`${d}`)) {
        this.symbols.set(`${d}`, { input: name, axis });
      }
    });
  }

  value(tensor: Tensor): string {
    // An explicit stack: graphs are thousands of nodes deep.
    const stack: Tensor[] = [tensor];
    while (stack.length > 0) {
      const top = stack[stack.length - 1];
      if (this.lookup(top) !== undefined) {
        stack.pop();
        continue;
      }
      const missing = this.dependencies(top.node).filter((t) => this.lookup(t) === undefined);
      if (missing.length > 0) {
        for (let i = missing.length - 1; i >= 0; i--) stack.push(missing[i]);
        continue;
      }
      stack.pop();
      this.lowerNode(top.node);
    }
    return this.lookup(tensor)!;
  }

  /** What must have names before a node is lowered: its decomposition, or its inputs. */
  private dependencies(node: Node): readonly Tensor[] {
    return this.usesExpansion(node) ? expansionOf(node) : node.inputs;
  }

  private usesExpansion(node: Node): boolean {
    if (!node.op.expand) return false;
    if (this.expanded.has(node) || !node.op.lower) return true;
    return this.options.fuse === false && !node.op.expandsForGradient;
  }

  private lowerNode(node: Node): void {
    if (this.usesExpansion(node)) {
      this.alias(node, expansionOf(node));
      return;
    }
    const outerLabel = this.label;
    this.label = `${node.op.name}${node.label ? ` in ${node.label}` : ""}`;
    try {
      if (node.op.name === "parameter") {
        this.addWeight(node.outputs[0]);
        return;
      }
      if (node.op.name === "input") {
        throw new Error(`lower: input ${node.outputs[0]} is used but not listed in \`inputs\``);
      }
      const inputs = node.inputs.map((t) => this.lookup(t)!);
      const names = node.op.lower?.(this, inputs, node);
      if (names) {
        node.outputs.forEach((t, i) => {
          if (names[i] !== undefined) this.frame.values.set(t, names[i]);
        });
      } else if (node.op.expand) {
        const expansion = expansionOf(node);
        for (const t of expansion) this.value(t);
        this.alias(node, expansion);
      } else {
        throw new Error(`lower: op ${node.op.name} has no lowering`);
      }
    } finally {
      this.label = outerLabel;
    }
  }

  private alias(node: Node, expansion: readonly Tensor[]): void {
    node.outputs.forEach((t, i) => {
      this.frame.values.set(t, this.lookup(expansion[i])!);
    });
  }

  private addWeight(tensor: Tensor): void {
    const name = leafName(tensor, "parameter");
    const { parameters } = this.options;
    const entry = typeof parameters === "function" ? parameters(name) : parameters;
    if (entry === "input") {
      outermost(this.frame).values.set(tensor, name);
      this.inputs.push({ name, dtype: tensor.dtype, shape: tensor.shape });
    } else {
      this.weights.set(name, { name, dtype: tensor.dtype, shape: tensor.shape });
      outermost(this.frame).values.set(tensor, name);
    }
  }

  private lookup(tensor: Tensor): string | undefined {
    for (let frame: Frame | undefined = this.frame; frame; frame = frame.parent) {
      const name = frame.values.get(tensor);
      if (name !== undefined) return name;
    }
    return undefined;
  }

  emit(
    opType: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
    domain = "",
  ): string {
    return this.emitMany(opType, inputs, attributes, 1, domain)[0];
  }

  emitMany(
    opType: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>>,
    outputs: number | readonly boolean[],
    domain = "",
  ): string[] {
    const transposed = this.columns.pointwise(opType, inputs, attributes, domain);
    if (transposed !== undefined) return [transposed];
    for (const input of inputs) this.require(input);
    const name = `${opType}_${this.names++}`;
    const wanted = typeof outputs === "number" ? new Array<boolean>(outputs).fill(true) : outputs;
    const names = wanted.map((want, i) => (want ? `${name}:${i}` : ""));
    let given = inputs.length;
    while (given > 0 && inputs[given - 1] === "") given--;
    this.frame.nodes.push({
      name,
      opType,
      domain,
      inputs: inputs.slice(0, given),
      outputs: names,
      attributes,
    });
    this.provenance.set(name, this.label);
    return names;
  }

  shared(key: string, make: () => string): string {
    for (let frame: Frame | undefined = this.frame; frame; frame = frame.parent) {
      const known = frame.shared.get(key);
      if (known !== undefined) return known;
    }
    const name = make();
    this.frame.shared.set(key, name);
    return name;
  }

  columnProduct(x: string, w: string, operands: readonly Tensor[]): string | undefined {
    return this.options.fuse === false ? undefined : this.columns.product(x, w, operands);
  }

  splitHeads(x: string, heads: number, width: number): string {
    const shape = this.constant("i64", [4], [0, 0, heads, width]);
    const name = this.defer("heads", () => this.write(name, "Reshape", [x, shape]));
    this.flatHeads.set(name, x);
    return name;
  }

  joinHeads(x: string, total: number): string {
    const flat = this.flatHeads.get(x);
    return flat ?? this.emit("Reshape", [x, this.constant("i64", [3], [0, 0, total])]);
  }

  defer(kind: string, emit: (name: string) => void): string {
    const name = `${kind}_${this.names++}`;
    const { frame, label } = this;
    this.deferred.set(name, { emit: () => emit(name), frame, label, isEmitted: false });
    return name;
  }

  isDeferred(name: string): boolean {
    return this.deferred.get(name)?.isEmitted === false;
  }

  declare(name: string, shape: Shape): string {
    if (!this.frame.parent) this.declared.push({ name, dtype: "f32", shape });
    return name;
  }

  write(
    name: string,
    opType: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
  ): void {
    for (const input of inputs) this.require(input);
    this.frame.nodes.push({ name, opType, domain: "", inputs, outputs: [name], attributes });
    this.provenance.set(name, this.label);
  }

  /** Emits a deferred value that is about to be read. */
  private require(value: string): void {
    const deferred = this.deferred.get(value);
    if (!deferred || deferred.isEmitted) return;
    deferred.isEmitted = true;
    const { frame, label } = this;
    ({ frame: this.frame, label: this.label } = deferred);
    deferred.emit();
    this.frame = frame;
    this.label = label;
  }

  constant(dtype: DType, shape: readonly number[], values: ArrayLike<number>): string {
    const key = `${dtype} ${shape.join(",")} ${Array.from(values).map(exactText).join(",")}`;
    let name = this.constantNames.get(key);
    if (name === undefined) {
      name = this.tensor(fromValues(dtype, shape, values));
      this.constantNames.set(key, name);
    }
    return name;
  }

  tensor(array: NDArray): string {
    const name = `constant_${this.constants.size}`;
    this.constants.set(name, array);
    return name;
  }

  shape(shape: Shape): string {
    if (isStatic(shape)) return this.constant("i64", [shape.length], shape);
    return this.emit(
      "Concat",
      shape.map((d) => this.dim(d)),
      { axis: onnx.int(0) },
    );
  }

  dim(d: Dim): string {
    if (typeof d === "number") return this.constant("i64", [1], [d]);
    const key = `${d}`;
    for (let frame: Frame | undefined = this.frame; frame; frame = frame.parent) {
      const known = frame.dims.get(key);
      if (known !== undefined) return known;
    }
    // Shapes depend on program inputs alone, so they are computed once, in the outermost graph.
    const inner = this.frame;
    this.frame = outermost(this.frame);
    const name = this.computeDim(d);
    this.frame.dims.set(key, name);
    this.frame = inner;
    return name;
  }

  private computeDim(d: SymbolicDim): string {
    let sum: string | undefined;
    for (const [monomial, coefficient] of d.terms) {
      const factors = monomial === "" ? [] : monomial.split("*").map((s) => this.symbolValue(s, d));
      if (coefficient !== 1 || factors.length === 0) {
        factors.push(this.constant("i64", [1], [coefficient]));
      }
      const product = factors.reduce((x, y) => this.emit("Mul", [x, y]));
      sum = sum === undefined ? product : this.emit("Add", [sum, product]);
    }
    return sum!;
  }

  private symbolValue(symbol: string, d: SymbolicDim): string {
    const known = this.frame.dims.get(symbol);
    if (known !== undefined) return known;
    const source = this.symbols.get(symbol);
    if (!source) {
      throw new Error(
        `lower: dimension ${d} needs "${symbol}", which is no input's dimension; ` +
          `list an input whose shape has it`,
      );
    }
    const name = this.emit("Shape", [source.input], {
      start: onnx.int(source.axis),
      end: onnx.int(source.axis + 1),
    });
    this.frame.dims.set(symbol, name);
    return name;
  }

  body(
    name: string,
    inputs: readonly Tensor[],
    outputs: readonly Tensor[],
    captured: ReadonlyMap<Tensor, string> = new Map(),
  ): GraphProto {
    const outer = this.frame;
    const outerExpanded = this.expanded;
    this.frame = frameIn(outer);
    this.expanded = new Set([...outerExpanded, ...expandedComposites(outputs)]);
    for (const [tensor, outerName] of captured) this.frame.values.set(tensor, outerName);
    const ports = inputs.map((tensor) => {
      const port = { name: `${name}_in_${this.names++}`, dtype: tensor.dtype, shape: tensor.shape };
      this.frame.values.set(tensor, port.name);
      return port;
    });
    const results = outputs.map((tensor) => {
      // Identity gives each output a name of its own, also where it is an outer value.
      const value = this.emit("Identity", [this.value(tensor)]);
      return { name: value, dtype: tensor.dtype, shape: tensor.shape };
    });
    const { nodes } = this.frame;
    this.frame = outer;
    this.expanded = outerExpanded;
    return { name, nodes, constants: new Map(), weights: [], inputs: ports, outputs: results };
  }
}

function leafName(tensor: Tensor, kind: "input" | "parameter"): string {
  const { op, attrs } = tensor.node;
  if (op.name !== kind)
    throw new Error(`lower: ${tensor} is not an ${kind} but the result of ${op.name}`);
  return (attrs as { name: string }).name;
}

/** Text that tells -0, NaN and every bit pattern apart where it matters for sharing. */
const exactText = (v: number): string => (Object.is(v, -0) ? "-0" : String(v));
