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
import { type NDArray, zeros } from "../graph/ndarray.ts";
import type { BlockEncoding } from "./header.ts";
import { CHUNK_BYTES, widener } from "./simd-widen.ts";

export interface Converter {
  /** Where the caller puts the source's bytes, piece by piece. */
  readonly input: Uint8Array<ArrayBuffer>;
  /**
   * Converts the first `count` elements of `input` into `target` from index `at`.
   *
   * @throws RangeError with the index in the target and the value that has no exact counterpart
   */
  run(count: number, target: TypedArray, at: number): void;
}

/**
 * The conversion between two dtypes. Between floats it rounds; from or to integers and booleans
 * every value must be represented exactly. One conversion runs at a time: inputs are shared.
 */
export function converter(from: DType, to: DType): Converter {
  if (to === "f32" && (from === "bf16" || from === "f16")) {
    const { input, run } = widener(from);
    return { input, run: (count, target, at) => run(count, target as Float32Array, at) };
  }
  const input = new Uint8Array(CHUNK_BYTES);
  const elements = new dtypes[from].array(input.buffer);
  const convert = loopOf(from, to);
  return {
    input,
    run: (count, target, at) => convert(elements.subarray(0, count), target, at),
  };
}

/** As {@link converter}, for values stored in blocks; pieces are whole blocks. */
export function blockConverter(blocks: BlockEncoding, to: DType): Converter {
  const count = Math.max(1, Math.floor(CHUNK_BYTES / 4 / blocks.size));
  const input = new Uint8Array(count * blocks.bytes);
  const { size, decode } = blocks;
  if (to === "f32") {
    const run = (n: number, target: TypedArray, at: number) =>
      decode(input, n / size, target as Float32Array, at);
    return { input, run };
  }
  const decoded = new Float32Array(count * size);
  const convert = loopOf("f32", to);
  return {
    input,
    run(n, target, at) {
      decode(input, n / size, decoded, 0);
      convert(decoded.subarray(0, n), target, at);
    },
  };
}

type Loop = (source: TypedArray, target: TypedArray, at: number) => void;

function loopOf(from: DType, to: DType): Loop {
  if (from === to) return setSame;
  if (from === "f32" && to === "bf16") {
    return (source, target, at) => {
      narrowToBf16(source as Float32Array, target as Uint16Array, at);
    };
  }
  const bothWide = (dtype: DType) => dtype === "f32" || dtype === "f64";
  return bothWide(from) && bothWide(to) ? setSame : general(from, to);
}

/** Typed arrays of numbers convert among themselves; f64 to f32 rounds to nearest even. */
function setSame(source: TypedArray, target: TypedArray, at: number): void {
  // Never a mix of numbers and bigints here; the type of `set` cannot know.
  (target as Uint8Array).set(source as Uint8Array, at);
}

function narrowToBf16(source: Float32Array, target: Uint16Array, at: number): void {
  const bits = new Uint32Array(source.buffer, source.byteOffset, source.length);
  for (let i = 0; i < bits.length; i++) {
    const b = bits[i];
    const isNaN32 = (b & 0x7fffffff) > 0x7f800000;
    target[at + i] = isNaN32 ? (b >>> 16) | 0x40 : (b + 0x7fff + ((b >>> 16) & 1)) >>> 16;
  }
}

type Scalar = number | bigint;

function general(from: DType, to: DType): Loop {
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
        throw new RangeError(`element ${at + i} is ${value}, which ${to} cannot hold exactly`);
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

/** An array converted to another dtype, in new memory; the array itself where dtypes agree. */
export function convertArray(array: NDArray, to: DType): NDArray {
  if (array.dtype === to) return array;
  const result = zeros(to, array.shape);
  const { input, run } = converter(array.dtype, to);
  const { data } = array;
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const size = dtypes[array.dtype].bytes;
  for (let from = 0; from < bytes.length; from += input.length) {
    const piece = bytes.subarray(from, from + input.length);
    input.set(piece);
    run(piece.length / size, result.data, from / size);
  }
  return result;
}
