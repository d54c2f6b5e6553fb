/** Emission of ops for dtypes that ONNX Runtime's CPU provider has no kernel for. */

import { type DType, dtypes } from "../dtype.ts";
import { type Lowering, onnx } from "../onnx/contract.ts";
import type { AttributeValue } from "../onnx/proto.ts";

/** The dtype that stands in for one without a kernel; it holds every value of it. */
const WIDER: Readonly<Partial<Record<DType, DType>>> = {
  bf16: "f32",
  f16: "f32",
  bool: "i32",
  i8: "i32",
  u8: "i32",
  i16: "i32",
  u16: "i32",
  u32: "i64",
};

export interface KernelCall {
  /** dtypes without a kernel (found by running each kernel of version 1.30 on each dtype). */
  readonly missing: readonly DType[];
  /** dtype of the result where it is not that of the operands. */
  readonly result?: DType;
  /** Inputs behind the operands that keep their dtype, such as axes. */
  readonly rest?: readonly string[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
}

export const emitCast = (to: Lowering, name: string, dtype: DType): string =>
  to.emit("Cast", [name], { to: onnx.int(dtypes[dtype].onnx) });

/** Emits a node on operands of one dtype, in a wider dtype where that has no kernel. */
export function emitKernel(
  to: Lowering,
  onnxType: string,
  operands: readonly string[],
  dtype: DType,
  { missing, result, rest = [], attributes = {} }: KernelCall,
): string {
  const wide = missing.includes(dtype) ? WIDER[dtype] : undefined;
  if (!wide) return to.emit(onnxType, [...operands, ...rest], attributes);
  const y = to.emit(
    onnxType,
    [...operands.map((name) => emitCast(to, name, wide)), ...rest],
    attributes,
  );
  return result === undefined ? emitCast(to, y, dtype) : y;
}
