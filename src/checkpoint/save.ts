/** Writes safetensors files and sharded folders in the order and layout of the reference. */

import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { DType } from "../graph/dtype.ts";
import { byteLength, type NDArray } from "../graph/ndarray.ts";
import { writeFileAtomically } from "./atomic.ts";
import { fileDType } from "./dtype-names.ts";
import { MAX_HEADER_BYTES } from "./header.ts";
import { fileError } from "./json.ts";

/** A tensor to save: in memory, or made when its turn to be written comes. */
export type NamedTensor =
  | { readonly name: string; readonly array: NDArray }
  | {
      readonly name: string;
      readonly dtype: DType;
      readonly shape: readonly number[];
      readonly load: () => NDArray;
    };

/** transformers refuses files without a format; "pt" is what every published checkpoint says. */
const DEFAULT_METADATA: Readonly<Record<string, string>> = { format: "pt" };

/**
 * Saves tensors as one safetensors file, streamed and atomic. Equal input gives equal bytes.
 *
 * @param metadata strings for `__metadata__` (default `{ format: "pt" }`)
 * @throws Error of one sentence; the target is then untouched and nothing is left behind
 * @example
 * await saveSafetensors("out.safetensors", [{ name: "logits", array: zeros("f32", [3, 5]) }]);
 */
export async function saveSafetensors(
  file: string,
  tensors: Iterable<NamedTensor>,
  metadata: Readonly<Record<string, string>> = DEFAULT_METADATA,
): Promise<void> {
  const planned = planFile(file, tensors);
  const header = encodeHeader(file, planned, metadata);
  await writeFileAtomically(file, async (sink) => {
    await sink.write(header);
    for (const tensor of planned) {
      const { data } = materialise(file, tensor);
      await sink.write(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    }
  });
}

interface Planned {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly bytes: number;
  readonly load: () => NDArray;
}

function plan(tensor: NamedTensor): Planned {
  if ("array" in tensor) {
    const { dtype, shape } = tensor.array;
    const bytes = byteLength(tensor.array);
    return { name: tensor.name, dtype, shape, bytes, load: () => tensor.array };
  }
  return { ...tensor, bytes: byteLength(tensor) };
}

/** The reference's order: larger alignment first, then by the names' UTF-8 bytes. */
function planFile(file: string, tensors: Iterable<NamedTensor>): Planned[] {
  const planned = Array.from(tensors, plan);
  const seen = new Set<string>();
  for (const { name } of planned) {
    const text = JSON.stringify(name);
    if (name === "__metadata__") throw new Error(`${file}: a tensor cannot be called ${text}`);
    if (seen.has(name)) throw new Error(`${file}: two tensors are called ${text}`);
    seen.add(name);
  }
  return planned.sort(
    (a, b) =>
      fileDType(b.dtype).rank - fileDType(a.dtype).rank ||
      Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)),
  );
}

function encodeHeader(
  file: string,
  planned: readonly Planned[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const parts: string[] = [];
  const keys = Object.keys(metadata).sort();
  if (keys.length > 0) {
    const pairs = keys.map((key) => `${JSON.stringify(key)}:${JSON.stringify(metadata[key])}`);
    parts.push(`"__metadata__":{${pairs.join(",")}}`);
  }
  let offset = 0;
  for (const { name, dtype, shape, bytes } of planned) {
    const offsets = `[${offset},${offset + bytes}]`;
    offset += bytes;
    parts.push(
      `${JSON.stringify(name)}:{"dtype":"${fileDType(dtype).name}",` +
        `"shape":[${shape.join(",")}],"data_offsets":${offsets}}`,
    );
  }
  const json = Buffer.from(`{${parts.join(",")}}`);
  const length = Math.ceil(json.byteLength / 8) * 8;
  if (length > MAX_HEADER_BYTES) {
    throw new Error(
      `${file}: the header would take ${length} bytes, over the format's ${MAX_HEADER_BYTES}; ` +
        "save fewer tensors in a file (saveSharded)",
    );
  }
  const header = Buffer.alloc(8 + length, " ");
  header.writeBigUInt64LE(BigInt(length), 0);
  header.set(json, 8);
  return header;
}

function materialise(file: string, tensor: Planned): NDArray {
  const array = tensor.load();
  const same =
    array.dtype === tensor.dtype &&
    array.shape.join() === tensor.shape.join() &&
    array.data.byteLength === tensor.bytes;
  if (!same) {
    throw new Error(
      `${file}: tensor ${JSON.stringify(tensor.name)} must be ${tensor.dtype} ` +
        `[${tensor.shape.join(", ")}] of ${tensor.bytes} bytes, its data is ${array.dtype} ` +
        `[${array.shape.join(", ")}] of ${array.data.byteLength} bytes`,
    );
  }
  return array;
}

/** What huggingface_hub uses. */
const DEFAULT_MAX_SHARD_BYTES = 5e9;

/**
 * Saves tensors into a folder as `model.safetensors`, or as shards with an index when they exceed
 * `maxShardBytes`. Tensors keep their order and a shard is closed when the next one would not fit.
 * To replace a folder's weights, call this inside `saveDirectoryAtomically`.
 *
 * @throws Error when the folder already holds weights: mixing two sets would corrupt both
 */
export async function saveSharded(
  directory: string,
  tensors: Iterable<NamedTensor>,
  {
    maxShardBytes = DEFAULT_MAX_SHARD_BYTES,
    metadata = DEFAULT_METADATA,
  }: { maxShardBytes?: number; metadata?: Readonly<Record<string, string>> } = {},
): Promise<void> {
  await requireNoWeights(directory);
  const all = Array.from(tensors);
  planFile(directory, all); // Names must differ across shards too.
  const shards = splitShards(all, maxShardBytes);
  if (shards.length <= 1) {
    await saveSafetensors(join(directory, "model.safetensors"), all, metadata);
    return;
  }
  const weightMap: [string, string][] = [];
  const written: string[] = [];
  try {
    for (const [index, shard] of shards.entries()) {
      const name = `model-${pad(index + 1)}-of-${pad(shards.length)}.safetensors`;
      written.push(join(directory, name));
      await saveSafetensors(join(directory, name), shard, metadata);
      for (const tensor of shard) weightMap.push([tensor.name, name]);
    }
    const total = all.reduce((sum, tensor) => sum + plan(tensor).bytes, 0);
    weightMap.sort(([a], [b]) => (a < b ? -1 : 1));
    const index = { metadata: { total_size: total }, weight_map: Object.fromEntries(weightMap) };
    const text = JSON.stringify(index, null, 2);
    await writeFileAtomically(join(directory, "model.safetensors.index.json"), (sink) =>
      sink.write(Buffer.from(text)),
    );
  } catch (error) {
    for (const file of written) await rm(file, { force: true });
    throw error;
  }
}

const pad = (n: number): string => String(n).padStart(5, "0");

async function requireNoWeights(directory: string): Promise<void> {
  let names: string[];
  try {
    await mkdir(directory, { recursive: true });
    names = await readdir(directory);
  } catch (error) {
    throw fileError(error, directory);
  }
  const weights = names.find((name) => /^model.*\.safetensors(\.index\.json)?$/.test(name));
  if (weights !== undefined) {
    throw new Error(
      `${directory}: already holds ${weights}; save into an empty folder or use ` +
        "saveDirectoryAtomically to replace this one",
    );
  }
}

function splitShards(tensors: readonly NamedTensor[], maxBytes: number): NamedTensor[][] {
  const shards: NamedTensor[][] = [];
  let free = 0;
  for (const tensor of tensors) {
    const { bytes } = plan(tensor);
    const last = shards.at(-1);
    if (last && bytes <= free) last.push(tensor);
    else shards.push([tensor]);
    free = (last && bytes <= free ? free : maxBytes) - bytes;
  }
  return shards;
}
