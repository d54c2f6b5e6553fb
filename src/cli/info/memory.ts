/** What a model needs in memory, by dtype and context length. */

import { sizeOf } from "../../graph/ndarray.ts";
import type { DecoderConfig } from "../../models/decoder.ts";
import { decoderState } from "../../models/state.ts";

/** Bytes of one element in each dtype a model can be computed in. */
const widths = { f32: 4, bf16: 2, f16: 2 } as const;

export type ComputeDType = keyof typeof widths;
export const computeDTypes: readonly ComputeDType[] = ["f32", "bf16", "f16"];

/** What the cache of one sequence takes. */
export interface CacheSize {
  /** Elements of keys and values that each token adds. */
  readonly perToken: number;
  /** Bytes of recurrent state, whatever the length. */
  readonly fixedBytes: number;
}

/** The cache of a family that is known here: hybrids have keys and values in some layers alone. */
export function decoderCache(config: DecoderConfig): CacheSize {
  const arrays = [...decoderState(config).values()];
  const perToken = arrays.map((array) => (array.kind === "kv" ? array.heads * array.width : 0));
  const fixed = arrays.map((array) => (array.kind === "kv" ? 0 : 4 * sizeOf(array.shape)));
  const total = (sizes: readonly number[]): number => sizes.reduce((sum, size) => sum + size, 0);
  return { perToken: total(perToken), fixedBytes: total(fixed) };
}

/**
 * Reads the cache's size from a config of another family, by the usual key names.
 * @returns undefined where there are none
 */
export function usualCache(config: Readonly<Record<string, unknown>>): CacheSize | undefined {
  const size = (key: string): number | undefined => {
    const value = config[key];
    return typeof value === "number" && Number.isInteger(value) && value > 0 ? value : undefined;
  };
  const layers = size("num_hidden_layers");
  const heads = size("num_attention_heads");
  const hidden = size("hidden_size");
  const keyValueHeads = size("num_key_value_heads") ?? heads;
  const headDim = size("head_dim") ?? (hidden && heads ? Math.floor(hidden / heads) : undefined);
  if (!(layers && keyValueHeads && headDim)) return undefined;
  return { perToken: 2 * layers * keyValueHeads * headDim, fixedBytes: 0 };
}

/** Bytes that one token takes in the cache: in f32, and with `--kv-cache int8`. */
export interface TokenBytes {
  readonly f32: number;
  readonly int8: number;
}

export const tokenBytes = ({ perToken }: CacheSize): TokenBytes => ({
  f32: 4 * perToken,
  int8: perToken,
});

export interface MemoryNeed {
  /** "quantised": weights as they are stored, all else in f32. */
  readonly dtype: ComputeDType | "quantised";
  readonly context: number;
  readonly weightBytes: number;
  readonly cacheBytes: number;
}

/**
 * Weights plus cache of one sequence, for every dtype and context length. What a run needs beyond
 * that (activations, the program itself) is not in here.
 *
 * @param weights how many there are, or the bytes of quantised ones
 */
export function memoryNeeds(
  weights: { readonly parameters: number } | { readonly quantisedBytes: number },
  cache: CacheSize | undefined,
  contexts: readonly number[],
): MemoryNeed[] {
  const { perToken, fixedBytes } = cache ?? { perToken: 0, fixedBytes: 0 };
  const cacheBytes = (context: number, width: number) => perToken * context * width + fixedBytes;
  return contexts.flatMap((context): MemoryNeed[] => {
    if ("quantisedBytes" in weights) {
      const weightBytes = weights.quantisedBytes;
      return [{ dtype: "quantised", context, weightBytes, cacheBytes: cacheBytes(context, 4) }];
    }
    return computeDTypes.map((dtype) => ({
      dtype,
      context,
      weightBytes: weights.parameters * widths[dtype],
      cacheBytes: cacheBytes(context, widths[dtype]),
    }));
  });
}

/** Context lengths worth showing: powers of eight from 512 on, and the model's own limit. */
export function contextsUpTo(limit: number | undefined): number[] {
  const steps = [512, 4096, 32_768];
  if (limit === undefined) return steps;
  return [...steps.filter((step) => step < limit), limit];
}
