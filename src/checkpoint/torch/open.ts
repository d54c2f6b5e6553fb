/**
 * One file of torch.save as a part of a checkpoint. It is a zip archive with a pickle that says
 * which tensors there are, and their bytes as they are in memory.
 * Source: pytorch, torch/serialization.py and torch/_utils.py.
 */

import { type DType, dtypes } from "../../graph/dtype.ts";
import { sizeOf } from "../../graph/ndarray.ts";
import { type FileBytes, openFileBytes } from "../file-bytes.ts";
import type { TensorEntry } from "../header.ts";
import { show } from "../json.ts";
import type { SafetensorsFile } from "../safetensors.ts";
import {
  PickleGlobal,
  PickleObject,
  PickleReference,
  type PickleValue,
  readPickle,
} from "./pickle.ts";
import { readZipDirectory, type ZipEntry } from "./zip.ts";

/** Element types of storages, by the names of their classes. */
const storages: ReadonlyMap<string, DType> = new Map([
  ["torch.FloatStorage", "f32"],
  ["torch.HalfStorage", "f16"],
  ["torch.BFloat16Storage", "bf16"],
  ["torch.DoubleStorage", "f64"],
  ["torch.LongStorage", "i64"],
  ["torch.IntStorage", "i32"],
  ["torch.ShortStorage", "i16"],
  ["torch.CharStorage", "i8"],
  ["torch.ByteStorage", "u8"],
  ["torch.BoolStorage", "bool"],
]);

const REBUILD_TENSOR = "torch._utils._rebuild_tensor_v2";
const REBUILD_PARAMETER = "torch._utils._rebuild_parameter";

/** Settings, optimiser and text in the pickles of training checkpoints stay far below. */
const MAX_PICKLE_BYTES = 256 * 2 ** 20;

/** Under which of its keys a training checkpoint has the weights (fairseq, and others). */
const CONTAINERS = ["model", "state_dict"];

/**
 * Opens a file of torch.save (the zip format, the default since 1.6) with a state dict, or with one
 * under "model" or "state_dict" beside other things, which are passed over. Nothing that the pickle
 * names is called: tensors are what is read, anything else is refused by its name.
 *
 * @param options.mapping false reads tensors by position instead of through a memory map
 * @throws Error of one sentence naming the file and what is wrong with it
 */
export async function openTorchFile(
  file: string,
  { mapping = true }: { mapping?: boolean } = {},
): Promise<SafetensorsFile> {
  const bytes = await openFileBytes(file, mapping);
  try {
    requireZip(bytes);
    const directory = readZipDirectory(bytes);
    const root = rootOf(directory, file);
    requireLittleEndian(bytes, directory.get(`${root}byteorder`));
    const pickle = directory.get(`${root}data.pkl`)!;
    if (pickle.size > MAX_PICKLE_BYTES) {
      throw new Error(`${file}: its pickle has ${pickle.size} bytes, at most ${MAX_PICKLE_BYTES}`);
    }
    const data = new Uint8Array(pickle.size);
    bytes.readInto(data, pickle.offset);
    const tensors = new Map<string, TensorEntry>();
    for (const [name, value] of stateDict(readPickle(data, `${file}: data.pkl`), file)) {
      const at = (key: string): ZipEntry | undefined => directory.get(`${root}data/${key}`);
      tensors.set(name, tensorEntry(name, value, at, file));
    }
    const header = { tensors, metadata: new Map([["format", "torch"]]) };
    return { file, header, bytes, [Symbol.dispose]: () => bytes[Symbol.dispose]() };
  } catch (error) {
    bytes[Symbol.dispose]();
    throw error;
  }
}

function requireZip(bytes: FileBytes): void {
  const start = new Uint8Array(Math.min(4, bytes.size));
  bytes.readInto(start, 0);
  if (start[0] === 0x50 && start[1] === 0x4b) return;
  const isLegacy = start[0] === 0x80 && start[1] <= 5;
  throw new Error(
    isLegacy
      ? `${bytes.file}: this is torch.save's format from before 1.6, which is not read; convert it ` +
          "with `torch.save(torch.load(FILE, map_location='cpu'), FILE)` in any newer torch"
      : `${bytes.file}: expected a zip archive of torch.save, found another kind of file`,
  );
}

/** The folder in the archive, with a slash: all entries are below one. */
function rootOf(directory: ReadonlyMap<string, ZipEntry>, file: string): string {
  for (const name of directory.keys()) {
    if (/^[^/]*\/?data\.pkl$/.test(name)) return name.slice(0, -"data.pkl".length);
  }
  throw new Error(`${file}: the archive holds no data.pkl, expected a file of torch.save`);
}

function requireLittleEndian(bytes: FileBytes, entry: ZipEntry | undefined): void {
  if (!entry) return; // files from before 2.1 do not say, and are
  const text = new Uint8Array(Math.min(entry.size, 16));
  bytes.readInto(text, entry.offset);
  const order = new TextDecoder().decode(text);
  if (order !== "little") {
    throw new Error(
      `${bytes.file}: byte order ${show(order)} is not read, expected "little"; save it on a ` +
        "little-endian machine",
    );
  }
}

/** Names and values of the state dict in what a file holds. */
function stateDict(saved: PickleValue, file: string): [string, PickleValue][] {
  if (!(saved instanceof Map)) {
    throw new Error(`${file}: holds ${nameOf(saved)}, expected a dict of tensors`);
  }
  const container = CONTAINERS.map((key) => saved.get(key)).find((inner) => inner instanceof Map);
  const dict = container instanceof Map ? container : saved;
  return Array.from(dict, ([name, value]) => {
    if (typeof name === "string") return [name, value];
    throw new Error(`${file}: a key of the state dict is ${nameOf(name)}, expected text`);
  });
}

type FindStorage = (key: string) => ZipEntry | undefined;

function tensorEntry(name: string, value: PickleValue, at: FindStorage, file: string): TensorEntry {
  const refuse = (what: string): Error => new Error(`${file}: tensor ${show(name)} ${what}`);
  const called = (from: PickleValue, global: string): readonly PickleValue[] | undefined =>
    from instanceof PickleObject && from.of.name === global ? from.args : undefined;
  const inner = called(value, REBUILD_PARAMETER)?.[0] ?? value;
  const parts = called(inner, REBUILD_TENSOR);
  if (!parts) throw refuse(`is ${nameOf(inner)}, which is not read; expected a dense tensor`);
  const [storage, first, shape, strides] = parts;
  if (!isCount(first) || !isCounts(shape) || !isCounts(strides)) {
    throw refuse("has an offset, a shape or strides that are no counts; the file is damaged");
  }
  const { dtype, type, entry, length } = storageOf(storage, at, refuse);
  const width = dtypes[dtype].bytes;
  const size = sizeOf(shape);
  if (!Number.isSafeInteger(size) || first + size > length || length * width !== entry.size) {
    throw refuse(
      `of shape [${shape}] from ${first} does not fit its storage of ${length} elements in ` +
        `${entry.size} bytes; the file is damaged, download it again`,
    );
  }
  if (!isContiguous(shape, strides)) {
    throw refuse(`has strides [${strides}], expected one without gaps; save it contiguous()`);
  }
  return {
    name,
    dtype,
    fileDType: type,
    shape,
    offset: entry.offset + first * width,
    byteLength: size * width,
  };
}

/** What ("storage", class, key, device, length) stands for. */
function storageOf(value: PickleValue, at: FindStorage, refuse: (what: string) => Error) {
  const id = value instanceof PickleReference && Array.isArray(value.id) ? value.id : [];
  const [kind, type, key, , length] = id;
  if (kind !== "storage" || !(type instanceof PickleGlobal) || !isCount(length)) {
    throw refuse("has no storage; the file is damaged");
  }
  const dtype = storages.get(type.name);
  if (!dtype) {
    const known = [...storages.keys()].join(", ");
    throw refuse(`has a storage of ${show(type.name)}, expected one of ${known}`);
  }
  const entry = typeof key === "string" ? at(key) : undefined;
  if (!entry) throw refuse(`has storage ${nameOf(key)}, which the archive does not hold`);
  return { dtype, type: type.name, entry, length };
}

const isCount = (value: PickleValue): value is number =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0;

const isCounts = (value: PickleValue): value is number[] =>
  Array.isArray(value) && value.every(isCount);

function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  if (shape.length !== strides.length) return false;
  let expected = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] !== 1 && strides[i] !== expected && !shape.includes(0)) return false;
    expected *= shape[i];
  }
  return true;
}

/** A value for a message: globals and objects by their names. */
function nameOf(value: PickleValue | undefined): string {
  if (value instanceof PickleObject) return `an object of ${show(value.of.name)}`;
  if (value instanceof PickleGlobal) return show(value.name);
  if (value instanceof Map) return "a dict";
  return show(value);
}
