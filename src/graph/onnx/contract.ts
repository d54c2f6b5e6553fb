/** What an op's `lower` is written against. */

import type { DType } from "../dtype.ts";
import type { NDArray } from "../ndarray.ts";
import type { Dim, Shape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import type { AttributeValue, GraphProto } from "./proto.ts";

/** What an op's `lower` writes to. Names are ONNX value names. */
export interface Lowering {
  /** Emits a node with one output and returns its name; an absent optional input is "". */
  emit(
    opType: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, AttributeValue>>,
    domain?: string,
  ): string;
  /** Emits a node with several outputs (false: this output is not wanted). */
  emitMany(
    opType: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>>,
    outputs: number | readonly boolean[],
    domain?: string,
  ): string[];
  /** Inline constant, shared by equal uses. */
  constant(dtype: DType, shape: readonly number[], values: ArrayLike<number>): string;
  /** Inline constant of any size. */
  tensor(array: NDArray): string;
  /** i64 [rank]: a shape, computed from the program's inputs where it is symbolic. */
  shape(shape: Shape): string;
  /** i64 [1]: a dimension. */
  dim(d: Dim): string;
  /** What `make` emits, once in a graph for each key: for small values that many ops need. */
  shared(key: string, make: () => string): string;
  /**
   * x wᵀ, of the tensors `operands`, in the layout for large weights; undefined where the program
   * does not ask for that layout or the operands are none of its kind.
   */
  columnProduct(x: string, w: string, operands: readonly Tensor[]): string | undefined;
  /** x [a, b, heads · width] as [a, b, heads, width]. */
  splitHeads(x: string, heads: number, width: number): string;
  /**
   * x [a, b, heads, width] as [a, b, total]. A value that `splitHeads` gave is what it was before,
   * so that kernels with flat heads follow each other without reshapes between them.
   */
  joinHeads(x: string, total: number): string;
  /** Name of a tensor, lowering what it depends on first. */
  value(tensor: Tensor): string;
  /**
   * Lowers a body graph (Scan, If). Outer values are visible inside by name; `captured` gives
   * the outer names that tensors have inside.
   */
  body(
    name: string,
    inputs: readonly Tensor[],
    outputs: readonly Tensor[],
    captured?: ReadonlyMap<Tensor, string>,
  ): GraphProto;
}

export const onnx = {
  int: (int: number): AttributeValue => ({ int }),
  float: (float: number): AttributeValue => ({ float }),
  string: (string: string): AttributeValue => ({ string }),
  ints: (ints: readonly number[]): AttributeValue => ({ ints }),
};

/** The domain of ONNX Runtime's own operators. */
export const MICROSOFT = "com.microsoft";
