/** Dtype conversion in tight loops: floats round to nearest even, integers are exact or an error. */

import {
  bf16ToF32,
  type DType,
  dtypes,
  f16ToF32,
  f32ToBf16,
  f32ToF16,
  type TypedArray,
} from "../graph/dtype.ts";

/**
 * Converts all of `source` into `target` from index `at`.
 *
 * @throws RangeError with the index within `source` and the value that has no exact counterpart
 */
export type Converter = (source: TypedArray, target: TypedArray, at: number) => void;

/**
 * The conversion between two dtypes. Between floats it rounds; from or to integers and booleans
 * every value must be represented exactly.
 */
export function converter(from: DType, to: DType): Converter {
  if (from === to) return (source, target, at) => setSame(source, target, at);
  return fast[`${from}>${to}`] ?? general(from, to);
}

function setSame(source: TypedArray, target: TypedArray, at: number): void {
  // Same dtype, hence the same class; `set` cannot know.
  (target as Uint8Array).set(source as Uint8Array, at);
}

const fast: Readonly<Record<string, Converter>> = {
  "bf16>f32": (source, target, at) => {
    widenBf16(source as Uint16Array, target as Float32Array, at);
  },
  "f32>bf16": (source, target, at) => {
    narrowToBf16(source as Float32Array, target as Uint16Array, at);
  },
  "f16>f32": (source, target, at) => {
    const table = halfTable();
    const bits = source as Uint16Array;
    for (let i = 0; i < bits.length; i++) target[at + i] = table[bits[i]];
  },
  "f32>f64": (source, target, at) => (target as Float64Array).set(source as Float32Array, at),
  "f64>f32": (source, target, at) => (target as Float32Array).set(source as Float64Array, at),
};

/** bfloat16 is the upper half of an f32: two elements are read as one word and spread over two. */
function widenBf16(source: Uint16Array, target: Float32Array, at: number): void {
  const out = new Int32Array(target.buffer, target.byteOffset, target.length);
  let i = 0;
  if (source.byteOffset % 4 === 0) {
    const pairs = new Int32Array(source.buffer, source.byteOffset, source.length >> 1);
    for (let p = 0, j = at; p < pairs.length; p++, j += 2) {
      const word = pairs[p];
      out[j] = word << 16;
      out[j + 1] = word & 0xffff0000;
    }
    i = pairs.length * 2;
  }
  for (; i < source.length; i++) out[at + i] = source[i] << 16;
}

function narrowToBf16(source: Float32Array, target: Uint16Array, at: number): void {
  const bits = new Uint32Array(source.buffer, source.byteOffset, source.length);
  for (let i = 0; i < bits.length; i++) {
    const b = bits[i];
    const isNaN32 = (b & 0x7fffffff) > 0x7f800000;
    target[at + i] = isNaN32 ? (b >>> 16) | 0x40 : (b + 0x7fff + ((b >>> 16) & 1)) >>> 16;
  }
}

let halves: Float32Array | undefined;

/** All 65,536 half-precision values: 256 kB that fit the L2 cache beat decoding each time. */
function halfTable(): Float32Array {
  halves ??= Float32Array.from({ length: 65536 }, (_, bits) => f16ToF32(bits));
  return halves;
}

type Scalar = number | bigint;

function general(from: DType, to: DType): Converter {
  const decode = decoderOf(from);
  const encode = encoderOf(to);
  const exact = dtypes[from].kind !== "float" || dtypes[to].kind !== "float";
  const decodeTarget = decoderOf(to);
  return (source, target, at) => {
    const input = source as { [index: number]: Scalar };
    const output = target as { [index: number]: Scalar };
    for (let i = 0; i < source.length; i++) {
      const value = decode(input[i]);
      if (!exact) {
        output[at + i] = encode(value);
        continue;
      }
      // BigInt() throws on fractions, and typed arrays wrap: look at what was stored.
      const whole = typeof value === "bigint" || Number.isInteger(value) || isFloatName(to);
      if (whole) output[at + i] = encode(value);
      // Loose equality compares numbers with bigints by value.
      // biome-ignore lint/suspicious/noDoubleEquals: number and bigint of one value are equal.
      if (!whole || decodeTarget(output[at + i]) != value || (to === "bool" && !isBit(value))) {
        throw new RangeError(`element ${i} is ${value}, which ${to} cannot hold exactly`);
      }
    }
  };
}

const isFloatName = (dtype: DType): boolean => dtypes[dtype].kind === "float";

// biome-ignore lint/suspicious/noDoubleEquals: number and bigint of one value are equal.
const isBit = (value: Scalar): boolean => value == 0 || value == 1;

function decoderOf(dtype: DType): (stored: Scalar) => Scalar {
  if (dtype === "bf16") return (bits) => bf16ToF32(Number(bits));
  if (dtype === "f16") return (bits) => f16ToF32(Number(bits));
  return (value) => value;
}

function encoderOf(dtype: DType): (value: Scalar) => Scalar {
  if (dtype === "bf16") return (value) => f32ToBf16(Number(value));
  if (dtype === "f16") return (value) => f32ToF16(Number(value));
  if (dtype === "i64" || dtype === "u64") return (value) => BigInt(value);
  return (value) => Number(value);
}
