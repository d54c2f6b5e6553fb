/** Concrete arrays: memory with a dtype and a shape, seen by JavaScript and the runtime alike. */

import {
  bf16ToF32,
  type DType,
  dtypes,
  f16ToF32,
  f32ToBf16,
  f32ToF16,
  type TypedArray,
} from "./dtype.ts";

/**
 * A dense row-major array. `data` is used in place by the runtime: nothing copies it on the way
 * in or out, and the same NDArray may be bound as an input and as an output (in-place update).
 */
export interface NDArray {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: TypedArray;
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

export const byteLength = (array: { dtype: DType; shape: readonly number[] }): number =>
  sizeOf(array.shape) * dtypes[array.dtype].bytes;

/**
 * Zero-filled array. V8 keeps typed arrays up to 64 bytes on its moving heap, so the memory is
 * always taken from an ArrayBuffer of its own, which native code may point at.
 */
export function zeros(dtype: DType, shape: readonly number[]): NDArray {
  const bytes = sizeOf(shape) * dtypes[dtype].bytes;
  const buffer = new ArrayBuffer(Math.max(bytes, 128));
  const data = new dtypes[dtype].array(buffer, 0, sizeOf(shape));
  return { dtype, shape, data };
}

/** View of existing memory as an array; the length must fit the shape. */
export function ndarray(dtype: DType, shape: readonly number[], data: TypedArray): NDArray {
  if (data.length !== sizeOf(shape)) {
    throw new RangeError(
      `ndarray: ${data.length} elements do not fill shape [${shape.join(", ")}] of ${sizeOf(shape)}`,
    );
  }
  return { dtype, shape, data };
}

/** Array from plain numbers (integers may be bigint), converted to `dtype`. */
export function fromValues(
  dtype: DType,
  shape: readonly number[],
  values: ArrayLike<number | bigint | boolean>,
): NDArray {
  const array = zeros(dtype, shape);
  if (values.length !== array.data.length) {
    throw new RangeError(
      `fromValues: ${values.length} values do not fill shape [${shape.join(", ")}]`,
    );
  }
  const encode = encoderOf(dtype);
  const data = array.data as { [index: number]: number | bigint };
  for (let i = 0; i < values.length; i++) data[i] = encode(values[i]);
  return array;
}

/** The values as plain numbers (16-bit floats decoded, 64-bit integers must be safe integers). */
export function toValues(array: NDArray): number[] {
  if (array.dtype === "bf16") return Array.from(array.data as Uint16Array, bf16ToF32);
  if (array.dtype === "f16") return Array.from(array.data as Uint16Array, f16ToF32);
  return Array.from(array.data as ArrayLike<number | bigint>, Number);
}

function encoderOf(dtype: DType): (value: number | bigint | boolean) => number | bigint {
  switch (dtype) {
    case "i64":
    case "u64":
      return (v) => BigInt(v);
    case "bf16":
      return (v) => f32ToBf16(Number(v));
    case "f16":
      return (v) => f32ToF16(Number(v));
    default:
      return (v) => Number(v);
  }
}
