/** What a decoder remembers of the tokens behind it, as a description of its arrays. */

import type { DType } from "../graph/dtype.ts";
import type { Dim } from "../graph/shape.ts";
import type { DecoderConfig } from "./decoder.ts";

/** One array of a layer's state; the batch is always the first axis. */
export type StateArray =
  /**
   * Keys or values of earlier tokens, [batch, heads, capacity, width]. One row a token: it grows,
   * and forgetting the last tokens costs nothing. In 8 bits, the scales are the model's weights.
   */
  | {
      readonly kind: "kv";
      readonly heads: number;
      readonly width: number;
      readonly dtype: "f32" | "i8";
    }
  /**
   * A summary of all earlier tokens, [batch, ...shape], zero before the first. It keeps its size,
   * and no token can be taken back out: an earlier state has to have been copied (see
   * `saveState` in generate/cache.ts).
   */
  | { readonly kind: "recurrent"; readonly shape: readonly number[] };

/** State of one layer by the names its mixer uses: `key`, `value`; or `conv`, `delta`. */
export function layerState(c: DecoderConfig, layer: number): Readonly<Record<string, StateArray>> {
  const net = c.deltaNet;
  if (!net?.layers[layer]) {
    const dtype = c.kvCache === "int8" ? "i8" : "f32";
    const array = { kind: "kv", heads: c.kvHeads, width: c.headDim, dtype } as const;
    const { rope } = c;
    const isFirst = layer === 0 && rope.type === "dynamic" && rope.isStepped;
    // What the prompt fixed for all layers; a new prompt replaces it, so nothing has to be undone.
    const growth: StateArray = { kind: "recurrent", shape: [1] };
    return { key: array, value: array, ...(isFirst ? { growth } : {}) };
  }
  const { keyHeads, valueHeads, keyDim, valueDim, kernel } = net;
  const channels = 2 * keyHeads * keyDim + valueHeads * valueDim;
  return {
    conv: { kind: "recurrent", shape: [kernel - 1, channels] },
    delta: { kind: "recurrent", shape: [valueHeads, keyDim, valueDim] },
  };
}

/**
 * Every array of a decoder's state under its name in the step program: `key.0`, `value.0`,
 * `conv.1`, … As an output each is called `present_…`.
 */
export function decoderState(c: DecoderConfig): ReadonlyMap<string, StateArray> {
  const arrays = new Map<string, StateArray>();
  for (let i = 0; i < c.layers; i++) {
    for (const [name, array] of Object.entries(layerState(c, i))) {
      arrays.set(`${name}.${i}`, array);
    }
  }
  return arrays;
}

/** Whether some state cannot be cut back to fewer tokens. */
export const isRecurrent = (c: DecoderConfig): boolean => c.deltaNet !== undefined;

export const stateDType = (array: StateArray): DType => (array.kind === "kv" ? array.dtype : "f32");

/** Shape of a state array for a number of sequences and (for keys and values) of tokens. */
export const stateShape = <T extends Dim>(
  array: StateArray,
  batch: T,
  capacity: T,
): readonly (T | number)[] =>
  array.kind === "kv" ? [batch, array.heads, capacity, array.width] : [batch, ...array.shape];
