/** Leaves of a graph: inputs, parameters, constants, and values made from dimensions. */

import { type DType, dtypes } from "../dtype.ts";
import { fromValues, type NDArray } from "../ndarray.ts";
import { onnx } from "../onnx/contract.ts";
import { type Dim, dimMul, type Shape } from "../shape.ts";
import { apply, type Op, type Tensor } from "../tensor.ts";
import { emitKernel } from "./kernel.ts";

interface LeafAttrs {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
}

const leafOp = (name: string): Op<LeafAttrs> => ({ name, infer: (_, type) => [type] });
const inputOp = leafOp("input");
const parameterOp = leafOp("parameter");

/** A value fed at each run. Its symbolic dimensions define their symbols for the program. */
export function input(name: string, dtype: DType, shape: Shape): Tensor {
  return apply(inputOp, [], { name, dtype, shape })[0];
}

/** A weight, known by its checkpoint name. Use a scope of `nn/` rather than this directly. */
export function parameter(name: string, dtype: DType, shape: readonly number[]): Tensor {
  return apply(parameterOp, [], { name, dtype, shape })[0];
}

export const isParameter = (tensor: Tensor): boolean => tensor.node.op === (parameterOp as unknown);

/** Name of an input or parameter. */
export const leafName = (tensor: Tensor): string => (tensor.node.attrs as LeafAttrs).name;

const constantOp: Op<{ array: NDArray }> = {
  name: "constant",
  infer: (_, { array }) => [array],
  lower: (to, _, node) => {
    const { dtype, shape, data } = node.attrs.array;
    // Small constants are shared by value; bf16 and f16 hold raw bits and are written as such, and
    // so are integers that a number does not hold exactly.
    const bits = data.length > 16 || dtype === "bf16" || dtype === "f16";
    const values = bits ? [] : Array.from(data as ArrayLike<number | bigint>, Number);
    const exact = dtypes[dtype].kind === "float" || values.every(Number.isSafeInteger);
    return [bits || !exact ? to.tensor(node.attrs.array) : to.constant(dtype, shape, values)];
  },
};

/** A constant array, stored in the program. */
export const constant = (array: NDArray): Tensor => apply(constantOp, [], { array })[0];

/** A rank-0 constant. */
export const scalar = (value: number, dtype: DType = "f32"): Tensor =>
  constant(fromValues(dtype, [], [value]));

interface FullAttrs {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly value: number;
}

const fullOp: Op<FullAttrs> = {
  name: "full",
  infer: (_, { dtype, shape }) => [{ dtype, shape }],
  lower(to, _, { attrs: { shape, dtype, value } }) {
    const one = to.constant(dtype, [], [value]);
    if (shape.length === 0) return [one];
    return [emitKernel(to, "Expand", [one], dtype, { missing: ["bf16"], rest: [to.shape(shape)] })];
  },
};

/** An array of `shape` with every element equal to `value`. */
export const full = (shape: Shape, value: number, dtype: DType = "f32"): Tensor =>
  apply(fullOp, [], { shape, dtype, value })[0];

export const zerosLike = (x: Tensor): Tensor => full(x.shape, 0, x.dtype);
export const onesLike = (x: Tensor): Tensor => full(x.shape, 1, x.dtype);

const iotaOp: Op<{ size: Dim; dtype: "i64" | "i32" | "f32" | "f64" }> = {
  name: "iota",
  infer: (_, { size, dtype }) => [{ dtype, shape: [size] }],
  lower: (to, _, { attrs: { size, dtype } }) => {
    if (typeof size === "number") {
      const counted = Array.from({ length: size }, (_, i) => i);
      const make = (): string => to.tensor(fromValues(dtype, [size], counted));
      return [to.shared(`iota ${dtype} ${size}`, make)];
    }
    const end = to.emit("Squeeze", [to.dim(size), to.constant("i64", [1], [0])]);
    const range = to.emit("Range", [to.constant("i64", [], [0]), end, to.constant("i64", [], [1])]);
    if (dtype === "i64") return [range];
    return [to.emit("Cast", [range], { to: onnx.int(dtypes[dtype].onnx) })];
  },
};

/** 0, 1, …, size - 1. Shape [size]. */
export const iota = (size: Dim, dtype: "i64" | "i32" | "f32" | "f64" = "i64"): Tensor =>
  apply(iotaOp, [], { size, dtype })[0];

const dimSizeOp: Op<{ shape: Shape; dtype: DType }> = {
  name: "dimSize",
  infer: (_, { dtype }) => [{ dtype, shape: [] }],
  lower: (to, _, { attrs: { shape, dtype } }) => {
    const size = shape.reduce(dimMul, 1 as Dim);
    if (typeof size === "number") return [to.constant(dtype, [], [size])];
    const one = to.emit("Squeeze", [to.dim(size), to.constant("i64", [1], [0])]);
    return [dtype === "i64" ? one : to.emit("Cast", [one], { to: onnx.int(dtypes[dtype].onnx) })];
  },
};

/** Product of dimensions as a rank-0 tensor, known when the program runs. */
export const dimSize = (shape: Shape, dtype: DType): Tensor =>
  apply(dimSizeOp, [], { shape, dtype })[0];

/** Vector constant from plain numbers. */
export const vector = (values: readonly number[], dtype: DType = "f32"): Tensor =>
  constant(fromValues(dtype, [values.length], values));
