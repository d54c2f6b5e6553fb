/** The arrays of a decoder's state, under the names of the step program. */

import { type NDArray, ndarray, sizeOf, zeros } from "../graph/ndarray.ts";
import type { DecoderConfig } from "../models/decoder.ts";
import { decoderState, type StateArray, stateDType, stateShape } from "../models/state.ts";

/** Every array is an input and, as `present_...`, an output: the engine writes in place. */
export interface CacheArrays {
  readonly inputs: Readonly<Record<string, NDArray>>;
  readonly outputs: Readonly<Record<string, NDArray>>;
  /** What each input is. */
  readonly arrays: ReadonlyMap<string, StateArray>;
}

function cacheOf(
  arrays: ReadonlyMap<string, StateArray>,
  make: (name: string, array: StateArray) => NDArray,
): CacheArrays {
  const inputs: Record<string, NDArray> = {};
  const outputs: Record<string, NDArray> = {};
  for (const [name, array] of arrays) {
    inputs[name] = make(name, array);
    outputs[`present_${name}`] = inputs[name];
  }
  return { inputs, outputs, arrays };
}

/**
 * Empty arrays for `batch` sequences: keys and values [batch, kvHeads, capacity, headDim] of each
 * attention layer, recurrent state [batch, ...] of the others.
 */
export const createCache = (c: DecoderConfig, batch: number, capacity: number): CacheArrays =>
  cacheOf(decoderState(c), (_, array) =>
    zeros(stateDType(array), stateShape(array, batch, capacity)),
  );

/**
 * Larger arrays with the first `lengths[row]` entries of each row copied. Recurrent state has no
 * capacity: its arrays are kept.
 */
export function growCache(
  cache: CacheArrays,
  capacity: number,
  lengths: readonly number[],
): CacheArrays {
  return cacheOf(cache.arrays, (name, { kind }) => {
    const { dtype, shape, data } = cache.inputs[name]!;
    if (kind === "recurrent") return cache.inputs[name]!;
    const [batch, heads, old, width] = shape as [number, number, number, number];
    const array = zeros(dtype, [batch, heads, capacity, width]);
    const [from, to] = [data as StateData, array.data as StateData];
    for (let slab = 0; slab < batch * heads; slab++) {
      const used = lengths[Math.floor(slab / heads)]! * width;
      to.set(from.subarray(slab * old * width, slab * old * width + used), slab * capacity * width);
    }
    return array;
  });
}

/** Views [1, ...] of one sequence: a row's memory is contiguous. */
export function rowOfCache(cache: CacheArrays, row: number): CacheArrays {
  return cacheOf(cache.arrays, (name) => {
    const array = cache.inputs[name]!;
    if (array.shape[0] === 1) return array;
    const shape = [1, ...array.shape.slice(1)];
    return ndarray(array.dtype, shape, rowOf(array, row));
  });
}

/** What f32 and i8 arrays are held in. */
type StateData = Float32Array | Int8Array;

function rowOf({ shape, data }: NDArray, row: number): StateData {
  const size = sizeOf(shape.slice(1));
  return (data as StateData).subarray(row * size, (row + 1) * size);
}

/** The recurrent state of one sequence after its first `length` tokens. */
export interface Snapshot {
  readonly length: number;
  readonly state: ReadonlyMap<string, StateData>;
}

/** Copies the recurrent state of a row. */
export function saveState(cache: CacheArrays, row: number, length: number): Snapshot {
  const state = new Map<string, StateData>();
  for (const [name, { kind }] of cache.arrays) {
    if (kind === "recurrent") state.set(name, rowOf(cache.inputs[name]!, row).slice());
  }
  return { length, state };
}

/**
 * Puts the recurrent state of a row back; without a snapshot, to what it is before the first
 * token. A row that a new sequence takes over needs this.
 */
export function restoreState(cache: CacheArrays, row: number, snapshot?: Snapshot): void {
  for (const [name, { kind }] of cache.arrays) {
    if (kind !== "recurrent") continue;
    const to = rowOf(cache.inputs[name]!, row);
    if (snapshot) to.set(snapshot.state.get(name)!);
    else to.fill(0);
  }
}
