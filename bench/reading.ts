/**
 * How fast memory that holds weights can be read: several ways, of which the fastest counts. All
 * of them are pure reads of the same bytes by as many threads as the model gets.
 */

import { type NDArray, zeros } from "../src/graph/ndarray.ts";
import { lower } from "../src/graph/onnx/lowering.ts";
import { input } from "../src/graph/ops/leaf.ts";
import { matmul } from "../src/graph/ops/matmul.ts";
import { max, sum } from "../src/graph/ops/reduce.ts";
import { expandDims } from "../src/graph/ops/reshape.ts";
import { dim } from "../src/graph/shape.ts";
import type { Tensor } from "../src/graph/tensor.ts";
import { createSession } from "../src/runtime/index.ts";
import { loadKoffi } from "../src/runtime/native/ffi.ts";

export interface Reader {
  readonly label: string;
  /** Bytes that one call reads. */
  readonly bytes: number;
  readonly read: () => Promise<void> | void;
}

const WIDTH = 1024;
const w = input("w", "f32", [dim("rows"), WIDTH]);
const x = input("x", "f32", [1, WIDTH]);

interface EngineSettings {
  readonly threads?: number;
}

/** @param arrays f32 weights; neighbours in memory are read as one */
export async function createReaders(
  arrays: readonly NDArray[],
  threads: number,
  engine: EngineSettings,
): Promise<Reader[]> {
  const blocks = merge(arrays.map(({ data }) => data as Float32Array));
  const large = blocks.filter((block) => block.length >= 1 << 18);
  const ways: Record<string, Tensor> = {
    "ONNX Runtime's ReduceSum": expandDims(sum(w, { axes: [1] }), 0),
    "ONNX Runtime's ReduceMax": expandDims(max(w, { axes: [1] }), 0),
    "one row times all in one product": matmul(x, w, { transposeB: true }),
  };
  const readers: Reader[] = [];
  for (const [label, y] of Object.entries(ways)) {
    readers.push(await withEngine(label, y, large, engine));
  }
  const search = await searcher(large, threads);
  return search ? [search, ...readers] : readers;
}

/** Joins arrays that are neighbours in one buffer. */
function merge(arrays: readonly Float32Array[]): Float32Array[] {
  const sorted = [...arrays].sort((a, b) => a.byteOffset - b.byteOffset);
  const last = new Map<ArrayBufferLike, Float32Array>();
  const merged: Float32Array[] = [];
  for (const array of sorted) {
    const before = last.get(array.buffer);
    const joins = before && before.byteOffset + before.byteLength === array.byteOffset;
    if (joins) merged.splice(merged.indexOf(before), 1);
    const start = joins ? before : array;
    const length = array.length + (joins ? before.length : 0);
    const block = new Float32Array(array.buffer, start.byteOffset, length);
    merged.push(block);
    last.set(array.buffer, block);
  }
  return merged;
}

/** The C library's search for a number that no weight is, on parts of equal size. */
async function searcher(
  blocks: readonly Float32Array[],
  threads: number,
): Promise<Reader | undefined> {
  if (process.platform !== "linux") return undefined;
  const koffi = await loadKoffi();
  const search = koffi.load(null).func("void *wmemchr(const void *s, int c, size_t n)");
  const notANumber = 0x7fc12345;
  const total = blocks.reduce((sum, block) => sum + block.length, 0);
  const share = Math.ceil(total / threads);
  const parts: { address: bigint; length: number }[][] = [[]];
  let room = share;
  for (const block of blocks) {
    for (let from = 0; from < block.length; ) {
      if (room === 0) {
        parts.push([]);
        room = share;
      }
      const length = Math.min(room, block.length - from);
      const address: bigint = koffi.address(block) + BigInt(4 * from);
      parts.at(-1)!.push({ address, length });
      from += length;
      room -= length;
    }
  }
  const one = ({ address, length }: { address: bigint; length: number }) =>
    new Promise<void>((resolve, reject) => {
      search.async(address, notANumber, length, (error: Error | null, found: bigint | null) =>
        error || found ? reject(error ?? new Error("a weight is not a number")) : resolve(),
      );
    });
  const read = async () => {
    await Promise.all(
      parts.map(async (part) => {
        for (const piece of part) await one(piece);
      }),
    );
    void blocks; // the memory lives as long as this function
  };
  return { label: `wmemchr, ${threads} thread(s)`, bytes: 4 * total, read };
}

/** Runs a program of `w` [rows, 1024] -> `y` over every block. */
async function withEngine(
  label: string,
  y: Tensor,
  blocks: readonly Float32Array[],
  engine: EngineSettings,
): Promise<Reader> {
  const program = lower({ inputs: [w, x], outputs: { y } });
  const session = await createSession(program, engine);
  const row = zeros("f32", [1, WIDTH]);
  let bytes = 0;
  const runs = blocks.map((block) => {
    const count = Math.floor(block.length / WIDTH);
    bytes += 4 * WIDTH * count;
    const data = block.subarray(0, count * WIDTH);
    const inputs = { w: { dtype: "f32", shape: [count, WIDTH], data } as const, x: row };
    return session.bind({ inputs, outputs: { y: zeros("f32", [1, count]) } });
  });
  const read = () => {
    for (const run of runs) run.runSync();
  };
  return { label, bytes, read };
}
