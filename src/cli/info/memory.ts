/** What a model needs in memory, by dtype and context length. */

/** Bytes of one element in each dtype a model can be computed in. */
const widths = { f32: 4, bf16: 2, f16: 2 } as const;

export type ComputeDType = keyof typeof widths;
export const computeDTypes: readonly ComputeDType[] = ["f32", "bf16", "f16"];

/** The sizes in a config.json that decide how large the key-value cache gets. */
export interface CacheShape {
  readonly layers: number;
  readonly keyValueHeads: number;
  readonly headDim: number;
}

/**
 * Reads the cache sizes from a config with the checkpoint's own key names.
 * @returns undefined for architectures without such keys
 */
export function cacheShape(config: Readonly<Record<string, unknown>>): CacheShape | undefined {
  const size = (key: string): number | undefined => {
    const value = config[key];
    return typeof value === "number" && Number.isInteger(value) && value > 0 ? value : undefined;
  };
  const layers = size("num_hidden_layers");
  const heads = size("num_attention_heads");
  const hidden = size("hidden_size");
  const keyValueHeads = size("num_key_value_heads") ?? heads;
  const headDim = size("head_dim") ?? (hidden && heads ? Math.floor(hidden / heads) : undefined);
  return layers && keyValueHeads && headDim ? { layers, keyValueHeads, headDim } : undefined;
}

/** Bytes that one token takes in the cache: in f32, and with `--kv-cache int8`. */
export interface TokenBytes {
  readonly f32: number;
  readonly int8: number;
}

/** Keys and values: 2 x [layers, keyValueHeads, headDim]. */
const perToken = ({ layers, keyValueHeads, headDim }: CacheShape): number =>
  2 * layers * keyValueHeads * headDim;

export const tokenBytes = (cache: CacheShape): TokenBytes => ({
  f32: 4 * perToken(cache),
  int8: perToken(cache),
});

export interface MemoryNeed {
  readonly dtype: ComputeDType;
  readonly context: number;
  readonly weightBytes: number;
  readonly cacheBytes: number;
}

/**
 * Weights plus key-value cache of one sequence, for every dtype and context length. What a run
 * needs beyond that (activations, the program itself) is not in here.
 */
export function memoryNeeds(
  parameters: number,
  cache: CacheShape | undefined,
  contexts: readonly number[],
): MemoryNeed[] {
  const elements = cache ? perToken(cache) : 0;
  return contexts.flatMap((context) =>
    computeDTypes.map((dtype) => ({
      dtype,
      context,
      weightBytes: parameters * widths[dtype],
      cacheBytes: elements * context * widths[dtype],
    })),
  );
}

/** Context lengths worth showing: powers of eight from 512 on, and the model's own limit. */
export function contextsUpTo(limit: number | undefined): number[] {
  const steps = [512, 4096, 32_768];
  if (limit === undefined) return steps;
  return [...steps.filter((step) => step < limit), limit];
}
