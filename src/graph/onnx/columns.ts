/**
 * Products with large weights as (W xᵀ)ᵀ instead of x Wᵀ, for runs of few rows.
 *
 * ONNX Runtime's kernels copy the right operand into blocks before they multiply, on every run
 * unless it was packed at loading (which holds it twice). On the left the weight is read in place
 * and the few rows are copied. Measured on 2 cores with W f32 [3072, 1024] in memory: 8 rows 25
 * against 14 GFLOP/s, 16 rows 72 against 33, from 128 rows on no difference and then a tenth less.
 * One row takes the same time in both: MatMul of a [K, 1] column is the kernel that x Wᵀ of a row
 * takes too. FusedMatMul with `transB` would not find it, hence the nodes are a transposition, a
 * reshape that keeps the optimiser from fusing it, and the product.
 */

import { isStatic, type Shape, shapeSize } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { type Lowering, onnx } from "./contract.ts";
import type { AttributeValue } from "./proto.ts";

/** What the values need of the lowering. */
interface Host extends Lowering {
  /** A name (of this kind and a number) whose node `emit` writes, in the present graph, where something reads it. */
  defer(kind: string, emit: (name: string) => void): string;
  /** Tells the engine the shape of an f32 value. @returns the name */
  declare(name: string, shape: Shape): string;
  /** Writes a node whose output has a name already. */
  write(
    name: string,
    opType: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>>,
  ): void;
  isDeferred(name: string): boolean;
}

/** Ops that are the same on the transpose, where all operands have one shape. */
const POINTWISE = new Set(["Add", "Sub", "Mul", "QuickGelu", "Sigmoid"]);

/** Values of which the transpose is known, [width, rows]. */
export class ColumnValues {
  readonly #host: Host;
  /** Least size of a weight. */
  readonly #from: number;
  readonly #known = new Map<string, { readonly columns: string; readonly shape: Shape }>();

  constructor(host: Host, from: number) {
    this.#host = host;
    this.#from = from;
  }

  /** x wᵀ for x [..., inputs] and a large weight [outputs, inputs]; undefined for other operands. */
  product(x: string, w: string, [a, b]: readonly Tensor[]): string | undefined {
    const isWeight = b.node.op.name === "parameter" && b.dtype === "f32" && b.shape.length === 2;
    if (!isWeight || !isStatic(b.shape) || a.shape.length < 2) return undefined;
    const [outputs, inputs] = b.shape;
    if (outputs * inputs < this.#from) return undefined;
    const columns = this.#host.emit("MatMul", [w, this.#columnsOf(x, a.shape)]);
    return this.#rows(columns, [...a.shape.slice(0, -1), outputs]);
  }

  /** An op on values that are only needed transposed so far; undefined where that does not hold. */
  pointwise(
    opType: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>>,
    domain: string,
  ): string | undefined {
    if (!POINTWISE.has(opType)) return undefined;
    const operands = inputs.map((name) => this.#known.get(name));
    const shape = operands[0]?.shape;
    const fits = operands.every(
      (value, i) => value && `${value.shape}` === `${shape}` && this.#host.isDeferred(inputs[i]),
    );
    if (!fits || !shape) return undefined;
    const columns = operands.map((value) => value!.columns);
    return this.#rows(this.#host.emit(opType, columns, attributes, domain), shape);
  }

  /** x [..., width] as [width, rows]. */
  #columnsOf(x: string, shape: Shape): string {
    const known = this.#known.get(x);
    if (known) return known.columns;
    const host = this.#host;
    const last = shape.length - 1;
    return host.shared(`columns of ${x}`, () => {
      const perm = [last, ...shape.keys()].slice(0, shape.length); // the last axis first
      const lifted = host.emit("Transpose", [x], { perm: onnx.ints(perm) });
      const target = host.constant("i64", [2], [shape[last] as number, -1]);
      const columns = host.emit("Reshape", [lifted, target]);
      return host.declare(columns, [shape[last], shapeSize(shape.slice(0, -1))]);
    });
  }

  /** [width, rows] as [..., width], written where it is read in that form. */
  #rows(columns: string, shape: Shape): string {
    const host = this.#host;
    const lead = shape.slice(0, -1);
    const name = host.defer("rows", (name) => {
      const split = [shape[shape.length - 1], ...lead];
      const dims = host.shared(`shape ${split.join(",")}`, () => host.shape(split));
      const lifted =
        lead.length === 1 ? columns : host.declare(host.emit("Reshape", [columns, dims]), split);
      const perm = [...lead.map((_, i) => i + 1), 0]; // the first axis last
      host.write(name, "Transpose", [lifted], { perm: onnx.ints(perm) });
    });
    this.#known.set(name, { columns, shape });
    return name;
  }
}
