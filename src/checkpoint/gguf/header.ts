/**
 * The header of a GGUF file, checked before anything is allocated from what it says.
 *
 * Layout: "GGUF", u32 version, u64 tensor count, u64 metadata count; metadata; tensor infos;
 * padding up to the alignment; the tensors' bytes. All little-endian.
 * Source: ggml, docs/gguf.md.
 */

import type { FileBytes } from "../file-bytes.ts";
import { clip, show } from "../json.ts";
import { type GgmlType, ggmlTypeOf } from "./block-types.ts";
import { Cursor } from "./cursor.ts";
import type { GgufMetadata, GgufValue } from "./metadata.ts";

export interface GgufTensor {
  /** llama.cpp's name. */
  readonly name: string;
  readonly type: GgmlType;
  /** Outermost first, as everywhere here; files list the innermost first. */
  readonly shape: readonly number[];
  /** Position in the file, in bytes. */
  readonly offset: number;
  readonly byteLength: number;
}

export interface GgufHeader {
  readonly metadata: GgufMetadata;
  /** In the order of the infos. */
  readonly tensors: readonly GgufTensor[];
}

/** "GGUF" as a little-endian u32. */
const MAGIC = 0x46554747;
export const DEFAULT_ALIGNMENT = 32;
const MAX_ALIGNMENT = 1 << 20;
/** ggml has tensors of up to four dimensions, and names of up to 63 bytes. */
const MAX_RANK = 4;
const MAX_NAME_BYTES = 63;
const MAX_KEY_BYTES = 65_535;
/** Smallest encodings: an empty name or key, its counts and ids. */
const MIN_TENSOR_BYTES = 24;
const MIN_ENTRY_BYTES = 13;

/**
 * Reads and checks the header of an open file.
 *
 * @throws Error of one sentence naming the file and the key or tensor at fault
 */
export function readGgufHeader(bytes: FileBytes): GgufHeader {
  const cursor = new Cursor(bytes);
  const { file } = cursor;
  const magic = cursor.u32("the GGUF magic number");
  if (magic !== MAGIC) {
    throw new Error(`${file}: must start with the letters GGUF; this is not a GGUF file`);
  }
  const version = cursor.u32("the format version");
  if (version !== 2 && version !== 3) {
    const isBig = version === 0x02000000 || version === 0x03000000;
    const found = isBig ? "a big-endian file" : `${version}`;
    throw new Error(
      `${file}: GGUF version must be 2 or 3 in little-endian order, found ${found}; ` +
        "convert the model again with a current tool",
    );
  }
  const tensorCount = cursor.length("the tensor count", Math.floor(cursor.left / MIN_TENSOR_BYTES));
  const entryCount = cursor.length("the metadata count", Math.floor(cursor.left / MIN_ENTRY_BYTES));
  const metadata = readMetadata(cursor, entryCount);
  const alignment = readAlignment(file, metadata);
  const infos: TensorInfo[] = [];
  for (let i = 0; i < tensorCount; i++) infos.push(readTensorInfo(cursor, i));
  const dataStart = Math.ceil(cursor.at / alignment) * alignment;
  const tensors = infos.map((info) => placeTensor(file, info, dataStart, bytes.size, alignment));
  checkNames(file, tensors);
  checkOverlaps(file, tensors);
  return { metadata, tensors };
}

function readMetadata(cursor: Cursor, count: number): GgufMetadata {
  const metadata = new Map<string, GgufValue>();
  for (let i = 0; i < count; i++) {
    const key = cursor.string(`the key of metadata entry ${i}`, MAX_KEY_BYTES);
    if (metadata.has(key)) {
      throw new Error(`${cursor.file}: metadata key ${show(key)} is given twice, expected once`);
    }
    metadata.set(key, cursor.value(`metadata key ${show(key)}`));
  }
  return metadata;
}

function readAlignment(file: string, metadata: GgufMetadata): number {
  const entry = metadata.get("general.alignment");
  if (!entry) return DEFAULT_ALIGNMENT;
  const value = entry.type === "u32" ? Number(entry.value) : 0;
  const isPower = value >= 1 && value <= MAX_ALIGNMENT && (value & (value - 1)) === 0;
  if (isPower) return value;
  const found = entry.type === "array" ? "an array" : `${entry.type} ${entry.value}`;
  throw new Error(
    `${file}: metadata key "general.alignment" must be a u32 power of two up to ` +
      `${MAX_ALIGNMENT}, found ${clip(found)}`,
  );
}

interface TensorInfo {
  readonly name: string;
  readonly type: GgmlType;
  readonly shape: readonly number[];
  readonly start: number;
}

function readTensorInfo(cursor: Cursor, index: number): TensorInfo {
  const name = cursor.string(`the name of tensor ${index}`, MAX_NAME_BYTES);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are refused.
  if (name === "" || /[\u0000-\u001f\u007f]/.test(name)) {
    throw new Error(
      `${cursor.file}: tensor ${index} is called ${show(name)}, expected a name of printable text`,
    );
  }
  const what = `tensor ${show(name)}`;
  const rank = cursor.u32(`the rank of ${what}`);
  if (rank > MAX_RANK) {
    throw new Error(`${cursor.file}: ${what} has ${rank} dimensions, expected at most ${MAX_RANK}`);
  }
  const shape: number[] = [];
  for (let i = 0; i < rank; i++) {
    shape.unshift(cursor.length(`dimension ${i} of ${what}`, Number.MAX_SAFE_INTEGER));
  }
  const id = cursor.u32(`the type of ${what}`);
  const type = ggmlTypeOf(id);
  if (!type) {
    throw new Error(
      `${cursor.file}: ${what} has element type ${id}, which is not known; expected the id of ` +
        "a ggml type such as 0 (F32) or 12 (Q4_K)",
    );
  }
  const start = cursor.length(`the offset of ${what}`, Number.MAX_SAFE_INTEGER);
  return { name, type, shape, start };
}

function placeTensor(
  file: string,
  { name, type, shape, start }: TensorInfo,
  dataStart: number,
  fileSize: number,
  alignment: number,
): GgufTensor {
  const what = `${file}: tensor ${show(name)}`;
  const row = shape.at(-1) ?? 1;
  if (row % type.size !== 0) {
    throw new Error(
      `${what} has rows of ${row} values, expected a multiple of the ${type.size} in a block ` +
        `of ${type.name}`,
    );
  }
  if (start % alignment !== 0) {
    throw new Error(
      `${what} starts at ${start}, expected a multiple of the alignment ${alignment}`,
    );
  }
  // BigInt because a hostile shape may overflow what doubles count exactly.
  const values = shape.reduce((n, d) => n * BigInt(d), 1n);
  const needed = (values / BigInt(type.size)) * BigInt(type.bytes);
  const available = Math.max(0, fileSize - dataStart);
  if (BigInt(start) + needed > BigInt(available)) {
    throw new Error(
      `${what} (${type.name} [${shape.join(", ")}]) needs bytes ${start} to ` +
        `${clip(String(BigInt(start) + needed))} of the data, which has ${available}; ` +
        "the file is truncated or damaged, download it again",
    );
  }
  return { name, type, shape, offset: dataStart + start, byteLength: Number(needed) };
}

function checkNames(file: string, tensors: readonly GgufTensor[]): void {
  const seen = new Set<string>();
  for (const { name } of tensors) {
    if (seen.has(name)) throw new Error(`${file}: tensor ${show(name)} is given twice`);
    seen.add(name);
  }
}

function checkOverlaps(file: string, tensors: readonly GgufTensor[]): void {
  const ordered = tensors
    .filter((tensor) => tensor.byteLength > 0)
    .sort((a, b) => a.offset - b.offset || a.byteLength - b.byteLength);
  for (let i = 1; i < ordered.length; i++) {
    const [before, after] = [ordered[i - 1]!, ordered[i]!];
    const end = before.offset + before.byteLength;
    if (after.offset < end) {
      throw new Error(
        `${file}: tensor ${show(after.name)} at byte ${after.offset} overlaps tensor ` +
          `${show(before.name)}, which ends at byte ${end}; the file is damaged`,
      );
    }
  }
}
