/** Writes GGUF files (version 3, little-endian), streamed and atomic. */

import { type DType, dtypes } from "../../graph/dtype.ts";
import { type NDArray, ndarray, sizeOf } from "../../graph/ndarray.ts";
import { writeFileAtomically } from "../atomic.ts";
import { convertArray } from "../convert.ts";
import type { GgmlType } from "./block-types.ts";
import { DEFAULT_ALIGNMENT } from "./header.ts";
import { type GgufMetadata, type GgufValue, type Scalar, valueTypes } from "./metadata.ts";
import { blockEncoders } from "./quantise.ts";

/** A tensor to write, by llama.cpp's name. */
export interface GgufSource {
  readonly name: string;
  readonly type: GgmlType;
  /** Outermost first. */
  readonly shape: readonly number[];
  /** The values, in parts that follow each other along the first dimension. */
  readonly parts: () => Iterable<NDArray>;
}

/** Values converted at a time, a multiple of every block. */
const PIECE = 1 << 19;

/**
 * Saves tensors and metadata as one GGUF file. Equal input gives equal bytes.
 *
 * @throws Error of one sentence; the target is then untouched and nothing is left behind
 */
export async function saveGguf(
  file: string,
  metadata: GgufMetadata,
  tensors: readonly GgufSource[],
): Promise<void> {
  const header = encodeHeader(file, metadata, tensors);
  await writeFileAtomically(file, async (sink) => {
    await sink.write(header);
    for (const tensor of tensors) {
      let written = 0;
      for (const piece of piecesOf(file, tensor)) {
        await sink.write(piece);
        written += piece.length;
      }
      if (written !== bytesOf(tensor)) {
        throw new Error(
          `${file}: tensor "${tensor.name}" must be ${bytesOf(tensor)} bytes of ` +
            `${tensor.type.name}, its data makes ${written}`,
        );
      }
      await sink.write(new Uint8Array(padding(written)));
    }
  });
}

const padding = (length: number): number => -length & (DEFAULT_ALIGNMENT - 1);

const bytesOf = ({ shape, type }: GgufSource): number => (sizeOf(shape) / type.size) * type.bytes;

function encodeHeader(
  file: string,
  metadata: GgufMetadata,
  tensors: readonly GgufSource[],
): Uint8Array {
  const w = new Writer();
  w.raw(Buffer.from("GGUF"));
  w.u32(3);
  w.u64(tensors.length);
  w.u64(metadata.size);
  for (const [key, value] of metadata) {
    w.text(key);
    w.value(value);
  }
  let offset = 0;
  for (const tensor of tensors) {
    const { name, type, shape } = tensor;
    if ((shape.at(-1) ?? 1) % type.size !== 0) {
      throw new Error(
        `${file}: tensor "${name}" has rows of ${shape.at(-1)} values, which ${type.name} blocks ` +
          `of ${type.size} do not divide; choose F16`,
      );
    }
    w.text(name);
    w.u32(shape.length);
    for (const d of shape.toReversed()) w.u64(d);
    w.u32(type.id);
    w.u64(offset);
    offset += bytesOf(tensor);
    offset += padding(offset);
  }
  w.raw(new Uint8Array(padding(w.length)));
  return w.finish();
}

function* piecesOf(file: string, tensor: GgufSource): Generator<Uint8Array> {
  for (const part of tensor.parts()) {
    for (let at = 0; at < part.data.length; at += PIECE) {
      const data = part.data.subarray(at, at + PIECE);
      yield encode(file, tensor, ndarray(part.dtype, [data.length], data));
    }
  }
}

function encode(file: string, { name, type }: GgufSource, values: NDArray): Uint8Array {
  if (type.dtype) return bytesAs(values, type.dtype);
  const encoder = blockEncoders.get(type.name);
  if (!encoder) {
    const written = [...blockEncoders.keys()].join(", ");
    throw new Error(`${file}: ${type.name} cannot be written; choose F16, ${written}`);
  }
  const x = convertArray(values, "f32").data as Float32Array;
  if (!x.every(Number.isFinite)) {
    throw new Error(
      `${file}: tensor "${name}" holds values that are not finite, which ${type.name} cannot ` +
        "store; choose F16, or repair the checkpoint",
    );
  }
  const out = new Uint8Array((x.length / type.size) * type.bytes);
  encoder(x, out, 0);
  return out;
}

function bytesAs(values: NDArray, dtype: DType): Uint8Array {
  const { data } = convertArray(values, dtype);
  return new Uint8Array(data.buffer, data.byteOffset, data.length * dtypes[dtype].bytes);
}

/** Growing buffer with the format's primitive types. */
class Writer {
  length = 0;
  private bytes = Buffer.alloc(1 << 16);

  private reserve(extra: number): number {
    const at = this.length;
    this.length += extra;
    if (this.length > this.bytes.length) {
      const grown = Buffer.alloc(Math.max(2 * this.bytes.length, this.length));
      grown.set(this.bytes);
      this.bytes = grown;
    }
    return at;
  }

  raw(value: Uint8Array): void {
    const at = this.reserve(value.length); // may replace `bytes`
    this.bytes.set(value, at);
  }

  u32(value: number): void {
    const at = this.reserve(4);
    this.bytes.writeUInt32LE(value, at);
  }

  u64(value: number | bigint): void {
    const at = this.reserve(8);
    this.bytes.writeBigUInt64LE(BigInt(value), at);
  }

  text(value: string): void {
    const bytes = Buffer.from(value);
    this.u64(bytes.length);
    this.raw(bytes);
  }

  value(value: GgufValue): void {
    this.u32(valueTypes.indexOf(value.type));
    if (value.type !== "array") {
      this.scalar(value.type, value.value);
      return;
    }
    this.u32(valueTypes.indexOf(value.element));
    this.u64(value.length);
    for (const item of value.read()) this.scalar(value.element, item);
  }

  finish(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  /** The types that metadata of models is made of. */
  private scalar(type: GgufValue["type"], value: Scalar): void {
    if (type === "string") this.text(String(value));
    else if (type === "bool") this.raw(Uint8Array.of(value ? 1 : 0));
    else if (type === "u32") this.u32(Number(value));
    else if (type === "i32") this.u32(Number(value) >>> 0);
    else if (type === "f32") this.raw(new Uint8Array(Float32Array.of(Number(value)).buffer));
    else throw new Error(`gguf: values of type ${type} are not written`);
  }
}
