/** Element types. Names are short forms of NumPy's; 16-bit floats travel as raw bits. */

export type DType =
  | "f32"
  | "f64"
  | "f16"
  | "bf16"
  | "i8"
  | "i16"
  | "i32"
  | "i64"
  | "u8"
  | "u16"
  | "u32"
  | "u64"
  | "bool";

export type TypedArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array;

type TypedArrayConstructor = {
  readonly BYTES_PER_ELEMENT: number;
  new (length: number): TypedArray;
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): TypedArray;
};

interface DTypeInfo {
  /** Bytes of one element. */
  readonly bytes: number;
  /** JavaScript view of the bits (f16 and bf16 as Uint16Array, bool as Uint8Array). */
  readonly array: TypedArrayConstructor;
  /** TensorProto.DataType of ONNX, which is also ONNX Runtime's ONNXTensorElementDataType. */
  readonly onnx: number;
  readonly kind: "float" | "int" | "uint" | "bool";
}

export const dtypes: Readonly<Record<DType, DTypeInfo>> = {
  f32: { bytes: 4, array: Float32Array, onnx: 1, kind: "float" },
  f64: { bytes: 8, array: Float64Array, onnx: 11, kind: "float" },
  f16: { bytes: 2, array: Uint16Array, onnx: 10, kind: "float" },
  bf16: { bytes: 2, array: Uint16Array, onnx: 16, kind: "float" },
  i8: { bytes: 1, array: Int8Array, onnx: 3, kind: "int" },
  i16: { bytes: 2, array: Int16Array, onnx: 5, kind: "int" },
  i32: { bytes: 4, array: Int32Array, onnx: 6, kind: "int" },
  i64: { bytes: 8, array: BigInt64Array, onnx: 7, kind: "int" },
  u8: { bytes: 1, array: Uint8Array, onnx: 2, kind: "uint" },
  u16: { bytes: 2, array: Uint16Array, onnx: 4, kind: "uint" },
  u32: { bytes: 4, array: Uint32Array, onnx: 12, kind: "uint" },
  u64: { bytes: 8, array: BigUint64Array, onnx: 13, kind: "uint" },
  bool: { bytes: 1, array: Uint8Array, onnx: 9, kind: "bool" },
};

export const isFloat = (dtype: DType): boolean => dtypes[dtype].kind === "float";

const f32Scratch = new Float32Array(1);
const u32Scratch = new Uint32Array(f32Scratch.buffer);

/** The f32 value of bfloat16 bits. */
export function bf16ToF32(bits: number): number {
  u32Scratch[0] = bits << 16;
  return f32Scratch[0];
}

/** bfloat16 bits of a number, rounded to nearest even (NaN stays NaN). */
export function f32ToBf16(value: number): number {
  f32Scratch[0] = value;
  const bits = u32Scratch[0];
  if ((bits & 0x7fffffff) > 0x7f800000) return (bits >>> 16) | 0x40;
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}

/** The f32 value of IEEE half-precision bits. */
export function f16ToF32(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** IEEE half-precision bits of a number, rounded to nearest even. */
export function f32ToF16(value: number): number {
  f32Scratch[0] = value;
  const bits = u32Scratch[0];
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00; // NaN
  if (magnitude >= 0x477ff000) return sign | 0x7c00; // rounds to infinity
  if (magnitude < 0x38800000) {
    // Subnormal: scaling by 2^24 is exact, and the tie rule is applied to the integer.
    const scaled = Math.abs(f32Scratch[0]) * 2 ** 24;
    const floor = Math.floor(scaled);
    const rest = scaled - floor;
    return sign | (floor + (rest > 0.5 || (rest === 0.5 && floor & 1) ? 1 : 0));
  }
  const rounded = magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1);
  return sign | (rounded >>> 13);
}
