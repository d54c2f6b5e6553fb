/**
 * The header of a safetensors file, checked before anything is allocated from what it says.
 *
 * Layout: u64 little-endian header length N; N bytes of JSON; the tensors' bytes, without gaps.
 * Source: huggingface/safetensors, README.md ("Format") and safetensors/src/tensor.rs.
 */

import { type DType, dtypes } from "../graph/dtype.ts";
import { dtypeOfName, supportedNames } from "./dtype-names.ts";
import { findDuplicateKey } from "./duplicate-keys.ts";
import { e4m3 } from "./fp8.ts";
import { clip, isObject, kindOf, parseJson, show } from "./json.ts";

/** The reference implementation's cap on the header, in bytes. */
export const MAX_HEADER_BYTES = 100_000_000;

export interface TensorEntry {
  readonly name: string;
  /** undefined for dtypes of the format that this library does not read yet. */
  readonly dtype: DType | undefined;
  /** The dtype's name in the file. */
  readonly fileDType: string;
  readonly shape: readonly number[];
  /** Position in the file, in bytes. */
  readonly offset: number;
  readonly byteLength: number;
  /** How the bytes decode to `dtype` (then f32), where they are not its own form. */
  readonly blocks?: BlockEncoding;
}

/** Values stored in blocks of equal size. */
export interface BlockEncoding {
  /** Values of one block. */
  readonly size: number;
  /** Bytes of one block. */
  readonly bytes: number;
  /** Decodes `count` whole blocks at the start of `input` into `target` from index `at`. */
  readonly decode: (input: Uint8Array, count: number, target: Float32Array, at: number) => void;
}

export interface Header {
  /** In file order. */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  readonly metadata: ReadonlyMap<string, string>;
}

/** Checks the 8-byte length field against the file and returns the header's length in bytes. */
export function headerLength(prefix: Uint8Array, fileSize: number, file: string): number {
  if (fileSize < 8 || prefix.byteLength < 8) {
    throw new Error(
      `${file}: ${fileSize} bytes is too short for a safetensors file, which starts with an ` +
        "8-byte header length; the download may have been interrupted",
    );
  }
  const view = new DataView(prefix.buffer, prefix.byteOffset, 8);
  const length = view.getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES)) {
    throw new Error(
      `${file}: header length ${length} is over the format's limit of ${MAX_HEADER_BYTES} bytes; ` +
        "this is not a safetensors file or it is damaged",
    );
  }
  if (Number(length) > fileSize - 8) {
    throw new Error(
      `${file}: the header claims ${length} bytes but the file has ${fileSize - 8} after its ` +
        "length field; the file is truncated, download or save it again",
    );
  }
  return Number(length);
}

/**
 * Parses and checks the JSON header.
 *
 * @param bytes exactly the header's bytes
 * @throws Error of one sentence naming the file and the tensor at fault
 */
export function parseHeader(bytes: Uint8Array, fileSize: number, file: string): Header {
  const where = `${file}: safetensors header`;
  if (bytes[0] !== 0x7b) {
    throw new Error(`${where} must start with "{"; this is not a safetensors file`);
  }
  const root = parseJson(bytes, where);
  if (!isObject(root)) throw new Error(`${where} must be a JSON object, found ${kindOf(root)}`);
  const duplicate = findDuplicateKey(bytes);
  if (duplicate !== undefined) {
    throw new Error(`${where} has the key ${show(duplicate)} twice`);
  }
  const dataStart = 8 + bytes.byteLength;
  const entries: TensorEntry[] = [];
  let metadata: ReadonlyMap<string, string> = new Map();
  for (const [name, value] of Object.entries(root)) {
    if (name === "__metadata__") metadata = parseMetadata(value, where);
    else entries.push(parseEntry(name, value, dataStart, fileSize, file));
  }
  // Empty tensors share their offset with the next one, so ties go by end, then by name.
  entries.sort(
    (a, b) =>
      a.offset - b.offset ||
      a.byteLength - b.byteLength ||
      (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  );
  checkLayout(entries, dataStart, fileSize, file);
  return { tensors: new Map(entries.map((entry) => [entry.name, entry])), metadata };
}

function parseMetadata(value: unknown, where: string): ReadonlyMap<string, string> {
  if (!isObject(value)) {
    throw new Error(`${where}: __metadata__ must be an object of strings, found ${kindOf(value)}`);
  }
  const metadata = new Map<string, string>();
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== "string") {
      const at = show(key);
      throw new Error(`${where}: __metadata__ ${at} must be a string, found ${kindOf(text)}`);
    }
    metadata.set(key, text);
  }
  return metadata;
}

function parseEntry(
  name: string,
  value: unknown,
  dataStart: number,
  fileSize: number,
  file: string,
): TensorEntry {
  const where = `${file}: tensor ${show(name)}`;
  if (!isObject(value)) {
    throw new Error(`${where} must be described by a JSON object, found ${kindOf(value)}`);
  }
  const dtypeName = value.dtype;
  if (typeof dtypeName !== "string") {
    throw new Error(`${where}: dtype must be a string, found ${kindOf(dtypeName)}`);
  }
  const { known, dtype: plain } = dtypeOfName(dtypeName);
  const blocks = dtypeName === "F8_E4M3" ? e4m3 : undefined;
  const dtype = blocks ? "f32" : plain;
  if (!known) {
    const text = show(dtypeName);
    throw new Error(
      `${where}: unknown dtype ${text}, expected one of ${supportedNames.join(", ")}`,
    );
  }
  const shape = nonNegativeIntegers(value.shape, `${where}: shape`);
  const offsets = nonNegativeIntegers(value.data_offsets, `${where}: data_offsets`);
  if (offsets.length !== 2) {
    throw new Error(`${where}: data_offsets must be [begin, end], found ${offsets.length} numbers`);
  }
  const [begin, end] = offsets;
  const available = fileSize - dataStart;
  if (begin > end || end > available) {
    throw new Error(
      `${where}: data_offsets [${begin}, ${end}] do not lie within the file's ${available} bytes ` +
        "of data; the file is truncated or damaged, download or save it again",
    );
  }
  if (dtype) {
    // BigInt because a hostile shape may overflow what doubles count exactly.
    const expected = shape.reduce(
      (n, d) => n * BigInt(d),
      BigInt(blocks?.bytes ?? dtypes[dtype].bytes),
    );
    if (expected !== BigInt(end - begin)) {
      throw new Error(
        `${where}: dtype ${dtypeName} and shape [${clip(shape.join(", "))}] need ` +
          `${clip(String(expected))} bytes but data_offsets span ${end - begin}`,
      );
    }
  }
  return {
    name,
    dtype,
    fileDType: dtypeName,
    shape,
    offset: dataStart + begin,
    byteLength: end - begin,
    ...(blocks && { blocks }),
  };
}

/** More dimensions than any framework has; keeps a hostile shape from costing quadratic time. */
const MAX_RANK = 64;

function nonNegativeIntegers(value: unknown, where: string): number[] {
  if (!Array.isArray(value)) throw new Error(`${where} must be an array, found ${kindOf(value)}`);
  if (value.length > MAX_RANK) {
    throw new Error(`${where} has ${value.length} numbers, at most ${MAX_RANK} make sense`);
  }
  for (const item of value) {
    if (!Number.isSafeInteger(item) || item < 0) {
      throw new Error(`${where} must hold non-negative integers, found ${show(item)}`);
    }
  }
  return value;
}

/** The format demands that tensors fill the data exactly: no overlap, no hole, no rest. */
function checkLayout(
  entries: readonly TensorEntry[],
  dataStart: number,
  fileSize: number,
  file: string,
): void {
  let end = dataStart;
  let previous = "the header";
  for (const entry of entries) {
    const name = show(entry.name);
    if (entry.offset !== end) {
      const problem = entry.offset < end ? "overlaps" : "leaves a hole after";
      throw new Error(
        `${file}: tensor ${name} at byte ${entry.offset} ${problem} ${previous}, which ends at ` +
          `byte ${end}; the file is damaged`,
      );
    }
    end = entry.offset + entry.byteLength;
    previous = `tensor ${name}`;
  }
  if (end !== fileSize) {
    throw new Error(
      `${file}: the tensors end at byte ${end} but the file has ${fileSize} bytes; the file is ` +
        "damaged or something was appended",
    );
  }
}
