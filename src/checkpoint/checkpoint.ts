/** A checkpoint as one set of named tensors, whether it is one file or many shards. */

import { constants } from "node:buffer";
import { stat } from "node:fs/promises";
import { type DType, dtypes, type TypedArray } from "../graph/dtype.ts";
import { type NDArray, sizeOf, zeros } from "../graph/ndarray.ts";
import { blockConverter, converter } from "./convert.ts";
import { isGguf } from "./gguf/path.ts";
import type { TensorEntry } from "./header.ts";
import { fileError, show } from "./json.ts";
import { loadLibC } from "./libc.ts";
import { findWeights } from "./locate.ts";
import { closestNames } from "./names.ts";
import { openSafetensors, type SafetensorsFile } from "./safetensors.ts";
import { readShardIndex, type ShardIndex } from "./shard-index.ts";
import { isTorchFile } from "./torch/path.ts";

export interface TensorInfo {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** The file that holds the tensor, and where: what ONNX calls external data. */
  readonly file: string;
  readonly offset: number;
  readonly byteLength: number;
  /** The stored form where it is not that of `dtype`: "Q4_K" and the like are read as f32. */
  readonly encoding?: string;
}

export interface Checkpoint extends Disposable {
  /** The folder or file that was opened. */
  readonly source: string;
  /** All tensor names, shard by shard in file order. */
  readonly names: readonly string[];
  /** `__metadata__` of the files, merged in shard order. */
  readonly metadata: ReadonlyMap<string, string>;
  has(name: string): boolean;
  /** @throws Error naming the closest existing names, or a dtype that cannot be read yet */
  info(name: string): TensorInfo;
  /**
   * The tensor as it is stored: memory-mapped, without a copy, where the file's alignment allows.
   * Such a view stays valid after the checkpoint is closed, for as long as it is reachable from
   * JavaScript: whoever hands its address to native code keeps a reference. Writing to it never
   * changes the file. `data.buffer` may be the whole file. Another program must not shorten the
   * file meanwhile (replacing it by renaming is fine): the system would end this process.
   * Quantised blocks are decoded into new memory.
   */
  read(name: string): NDArray;
  /**
   * The tensor converted to `dtype`: floats round to nearest even, integers and booleans are
   * exact or an error. Equal dtypes give `read`; anything else is read in pieces, so that the
   * stored form never becomes resident.
   *
   * @param into memory to fill instead of new memory, of the target's element type and size
   */
  readAs(name: string, dtype: DType, into?: TypedArray): NDArray;
  /**
   * Some rows of the tensor, along its first axis, as f32; of quantised blocks only those that hold
   * them are decoded.
   *
   * @returns f32 [count, ...the other dimensions]
   * @throws RangeError where the tensor has no such rows
   */
  readRows(name: string, first: number, count: number): NDArray;
  /**
   * Starts reading all files from disk, where they are mapped, and returns at once: whoever is
   * about to use every tensor saves the time that it still needs for other things.
   */
  prefetch(): void;
  /** Drops the tensor's mapped pages from resident memory (and any changes made to its view). */
  release(name: string): void;
}

/**
 * Opens a folder in Hugging Face layout, a `.safetensors` file, a `.safetensors.index.json`, a file
 * of torch.save (`.bin`, `.pt`, `.pth`; read as data, nothing in it is executed), or a `.gguf` file,
 * whose tensors then have their Hugging Face names.
 * Headers are read and checked at once, tensors when asked for.
 *
 * @param options.mapping false reads by position instead of through memory maps
 * @throws Error of one sentence naming file, tensor and what was expected
 * @example
 * using checkpoint = await openCheckpoint("models/onefold-mini");
 * const embedding = checkpoint.readAs("model.embed_tokens.weight", "f32"); // [vocab, hidden]
 */
export async function openCheckpoint(
  source: string,
  options: { mapping?: boolean } = {},
): Promise<Checkpoint> {
  const file = await findWeights(source);
  const index = file.endsWith(".json") ? await readShardIndex(file) : undefined;
  const paths = index ? index.shards.map((shard) => index.path(shard)) : [file];
  const shards: SafetensorsFile[] = [];
  try {
    for (const path of paths) {
      if (index) await requireShard(index, path);
      shards.push(await (await openerOf(path))(path, options));
    }
    if (index) checkAgainstIndex(index, shards);
    return await createCheckpoint(source, shards);
  } catch (error) {
    for (const shard of shards) shard[Symbol.dispose]();
    throw error;
  }
}

async function openerOf(path: string): Promise<typeof openSafetensors> {
  if (isGguf(path)) return (await import("./gguf/open.ts")).openGguf;
  if (isTorchFile(path)) return (await import("./torch/open.ts")).openTorchFile;
  return openSafetensors;
}

async function requireShard(index: ShardIndex, path: string): Promise<void> {
  try {
    await stat(path);
  } catch (error) {
    throw new Error(
      `${index.file}: shard ${path} is missing; download the folder again or restore the file`,
      { cause: fileError(error, path) },
    );
  }
}

function checkAgainstIndex(index: ShardIndex, shards: readonly SafetensorsFile[]): void {
  const byPath = new Map(shards.map((shard) => [shard.file, shard]));
  for (const [name, shard] of index.shardOf) {
    const path = index.path(shard);
    if (!byPath.get(path)?.header.tensors.has(name)) {
      const text = show(name);
      throw new Error(`${path}: tensor ${text} is missing, which ${index.file} says is here`);
    }
  }
  for (const shard of shards) {
    for (const name of shard.header.tensors.keys()) {
      const expected = index.shardOf.get(name);
      if (expected === undefined || index.path(expected) !== shard.file) {
        const place = expected === undefined ? "does not list" : `places in ${expected}`;
        const text = show(name);
        throw new Error(`${shard.file}: holds tensor ${text}, which ${index.file} ${place}`);
      }
    }
  }
}

async function createCheckpoint(
  source: string,
  shards: readonly SafetensorsFile[],
): Promise<Checkpoint> {
  const libc = await loadLibC();
  const places = new Map<string, { shard: SafetensorsFile; entry: TensorEntry }>();
  const metadata = new Map<string, string>();
  for (const shard of shards) {
    for (const entry of shard.header.tensors.values()) places.set(entry.name, { shard, entry });
    for (const [key, value] of shard.header.metadata) metadata.set(key, value);
  }

  const find = (name: string): { shard: SafetensorsFile; entry: TensorEntry } => {
    const place = places.get(name);
    if (place) return place;
    const where = shards.length === 1 ? shards[0].file : source;
    const near = closestNames(name, places.keys());
    const hint = near.length > 0 ? `; the closest names are ${near.join(", ")}` : "";
    throw new Error(`${where}: no tensor ${show(name)} among ${places.size}${hint}`);
  };

  const info = (name: string): TensorInfo => {
    const { shard, entry } = find(name);
    const { dtype, shape, offset, byteLength, blocks } = entry;
    if (!dtype) {
      throw new Error(
        `${shard.file}: tensor ${show(name)} has dtype ${entry.fileDType}, ` +
          "which is not supported yet; use a checkpoint in BF16, F16 or F32",
      );
    }
    const encoding = blocks && { encoding: entry.fileDType };
    return { dtype, shape, file: shard.file, offset, byteLength, ...encoding };
  };

  /** koffi ends the process when asked for a longer view than the runtime allows. */
  const requireAddressable = (name: string, bytes: number): void => {
    if (bytes > constants.MAX_LENGTH) {
      throw new Error(
        `${info(name).file}: tensor ${show(name)} takes ${bytes} bytes, and this Node.js allows ` +
          `${constants.MAX_LENGTH} in one array; use Node.js 22 or later`,
      );
    }
  };

  const allocate = (name: string, dtype: DType, shape: readonly number[]): NDArray => {
    requireAddressable(name, sizeOf(shape) * dtypes[dtype].bytes);
    try {
      return zeros(dtype, shape);
    } catch (error) {
      throw new Error(
        `${info(name).file}: not enough memory for tensor ${show(name)} as ${dtype} ` +
          `[${shape.join(", ")}]; close other programs or use a smaller model or dtype`,
        { cause: error },
      );
    }
  };

  const read = (name: string): NDArray => {
    const { dtype, shape, offset, byteLength, encoding } = info(name);
    if (encoding) return readAs(name, dtype);
    requireAddressable(name, byteLength);
    const { bytes } = find(name).shard;
    const { bytes: width, array: View } = dtypes[dtype];
    if (offset % width !== 0) {
      // Mapped pages start at multiples of 4096, so file alignment is memory alignment.
      const copy = allocate(name, dtype, shape);
      bytes.readInto(new Uint8Array(copy.data.buffer, 0, byteLength), offset);
      return copy;
    }
    const view = bytes.view(offset, byteLength);
    return { dtype, shape, data: new View(view.buffer, view.byteOffset, byteLength / width) };
  };

  const readAs = (name: string, dtype: DType, into?: TypedArray): NDArray => {
    const from = info(name);
    if (from.dtype === dtype && !into && !from.encoding) return read(name);
    const length = sizeOf(from.shape);
    const data = into ?? allocate(name, dtype, from.shape).data;
    if (data.length !== length || !(data instanceof dtypes[dtype].array)) {
      throw new RangeError(
        `readAs ${show(name)}: \`into\` must hold ${length} elements of ${dtype}`,
      );
    }
    if (!into && data.buffer instanceof ArrayBuffer) libc?.hugePages(data.buffer);
    const { shard, entry } = find(name);
    const { blocks } = entry;
    const { input, run } = blocks ? blockConverter(blocks, dtype) : converter(from.dtype, dtype);
    const toElements = blocks ? blocks.size / blocks.bytes : 1 / dtypes[from.dtype].bytes;
    for (let done = 0; done < from.byteLength; done += input.byteLength) {
      const count = Math.min(input.byteLength, from.byteLength - done);
      shard.bytes.readInto(input.subarray(0, count), from.offset + done);
      try {
        run(Math.round(count * toElements), data, Math.round(done * toElements));
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new RangeError(
          `${from.file}: tensor ${show(name)} does not fit ${dtype}: ${reason}`,
          { cause: error },
        );
      }
    }
    return { dtype, shape: from.shape, data };
  };

  const readRows = (name: string, first: number, count: number): NDArray => {
    const { dtype, shape, offset, byteLength, file } = info(name);
    const [rows = 0, ...rest] = shape;
    if (!(first >= 0 && count >= 0 && first + count <= rows)) {
      throw new RangeError(
        `${file}: tensor ${show(name)} has ${rows} rows, asked for ${count} from ${first}`,
      );
    }
    const width = sizeOf(rest);
    const { shard, entry } = find(name);
    const { blocks } = entry;
    // Whole units of storage: blocks need not end where rows do.
    const unit = blocks ?? { size: 1, bytes: byteLength / Math.max(1, sizeOf(shape)) };
    const [from, to] = [first * width, (first + count) * width];
    const start = Math.floor(from / unit.size);
    const end = Math.ceil(to / unit.size);
    const data = allocate(name, "f32", [(end - start) * unit.size]).data as Float32Array;
    const { input, run } = blocks ? blockConverter(blocks, "f32") : converter(dtype, "f32");
    const step = Math.floor(input.byteLength / unit.bytes);
    for (let at = start; at < end; at += step) {
      const part = Math.min(step, end - at);
      shard.bytes.readInto(input.subarray(0, part * unit.bytes), offset + at * unit.bytes);
      run(part * unit.size, data, (at - start) * unit.size);
    }
    const own = data.subarray(from - start * unit.size, to - start * unit.size);
    return { dtype: "f32", shape: [count, ...rest], data: own };
  };

  return {
    source,
    names: [...places.keys()],
    metadata,
    has: (name) => places.has(name),
    info,
    read,
    readAs,
    readRows,
    prefetch() {
      for (const { bytes } of shards) bytes.prefetch();
    },
    release(name) {
      const { shard, entry } = find(name);
      shard.bytes.release(entry.offset, entry.byteLength);
    },
    [Symbol.dispose]() {
      for (const shard of shards) shard[Symbol.dispose]();
    },
  };
}
