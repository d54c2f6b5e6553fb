/** The key-value cache's arrays, under the names of the step program. */

import { type NDArray, ndarray, sizeOf, zeros } from "../graph/ndarray.ts";
import type { DecoderConfig } from "../models/decoder.ts";

/** Every array is an input and, as `present_...`, an output: the engine writes in place. */
export interface CacheArrays {
  readonly inputs: Readonly<Record<string, NDArray>>;
  readonly outputs: Readonly<Record<string, NDArray>>;
}

function cacheOf(inputs: Record<string, NDArray>): CacheArrays {
  const entries = Object.entries(inputs).map(([name, array]) => [`present_${name}`, array]);
  return { inputs, outputs: Object.fromEntries(entries) };
}

/** Empty arrays [batch, kvHeads, capacity, headDim], a key and a value for each layer. */
export function createCache(c: DecoderConfig, batch: number, capacity: number): CacheArrays {
  const inputs: Record<string, NDArray> = {};
  for (let i = 0; i < c.layers; i++) {
    for (const name of [`key.${i}`, `value.${i}`]) {
      inputs[name] = zeros("f32", [batch, c.kvHeads, capacity, c.headDim]);
    }
  }
  return cacheOf(inputs);
}

/** Larger arrays with the first `lengths[row]` entries of each row copied. */
export function growCache(
  cache: CacheArrays,
  capacity: number,
  lengths: readonly number[],
): CacheArrays {
  const grown: Record<string, NDArray> = {};
  for (const [name, { shape, data }] of Object.entries(cache.inputs)) {
    const [batch, heads, old, width] = shape as [number, number, number, number];
    const array = zeros("f32", [batch, heads, capacity, width]);
    const [from, to] = [data as Float32Array, array.data as Float32Array];
    for (let slab = 0; slab < batch * heads; slab++) {
      const used = lengths[Math.floor(slab / heads)]! * width;
      to.set(from.subarray(slab * old * width, slab * old * width + used), slab * capacity * width);
    }
    grown[name] = array;
  }
  return cacheOf(grown);
}

/** Views [1, kvHeads, capacity, headDim] of one sequence: a row's memory is contiguous. */
export function rowOfCache(cache: CacheArrays, row: number): CacheArrays {
  const views: Record<string, NDArray> = {};
  for (const [name, array] of Object.entries(cache.inputs)) {
    const shape = [1, ...array.shape.slice(1)];
    const size = sizeOf(shape);
    const data = (array.data as Float32Array).subarray(row * size, (row + 1) * size);
    views[name] = array.shape[0] === 1 ? array : ndarray("f32", shape, data);
  }
  return cacheOf(views);
}
