/** A loaded model with a cache in 8 bits; what its scales were found to be is kept on disk. */

import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { saveDirectoryAtomically } from "../checkpoint/atomic.ts";
import { openCheckpoint } from "../checkpoint/checkpoint.ts";
import { saveSharded } from "../checkpoint/save.ts";
import { fromValues } from "../graph/ndarray.ts";
import {
  type CacheScales,
  cacheScaleNames,
  observeCache,
  withCacheScales,
} from "./cache-scales.ts";
import type { Model } from "./load.ts";
import { keyOf, quantizedCacheDir } from "./quantized-cache.ts";
import { calibrationText } from "./quantized-text.ts";

/** To be raised when the same model gives other scales. */
const VERSION = 1;

/** What is read to find the scales: two windows. */
const CALIBRATION_TOKENS = 1024;
const CALIBRATION_WINDOW = 512;

export interface CacheLoadOptions {
  /**
   * "int8": keys and values of earlier tokens are held in 8 bits, a quarter of the memory, and
   * steps over a long context take half the time or less. Their scales are found by letting the
   * model read a text, once. Default: f32.
   */
  readonly kvCache?: "int8";
  /** Where quantised models and scales are kept (default: `onefold/quantized` beside the hub's cache). */
  readonly quantCacheDir?: string;
}

/**
 * The model with the cache that the options ask for.
 *
 * @param options `adapter`: where the weights of one come from, which have scales of their own
 */
export async function withCacheFormat(
  model: Model,
  options: CacheLoadOptions & { readonly adapter?: string },
): Promise<Model> {
  const { kvCache, quantCacheDir = quantizedCacheDir(), adapter = "" } = options;
  if (kvCache === undefined) return model;
  const formats = [...(model.config.quantized ?? [])];
  const text = createHash("sha256").update(calibrationText).digest("hex");
  const key = await keyOf(model.dir, JSON.stringify(["kv cache", VERSION, formats, text, adapter]));
  const folder = join(quantCacheDir, key);
  const scales = (await readScales(folder, model)) ?? (await findScales(folder, model));
  const withScales = <T extends Pick<Model, "config" | "weights">>(of: T): T => ({
    ...of,
    config: { ...of.config, kvCache },
    weights: withCacheScales(of.weights, scales),
  });
  return { ...withScales(model), steps: model.steps && withScales(model.steps) };
}

async function findScales(folder: string, model: Model): Promise<CacheScales> {
  const scales = await observeCache(model, await readWindows(model));
  await rm(folder, { recursive: true, force: true });
  const tensors = Array.from(scales, ([name, array]) => ({ name, array }));
  await saveDirectoryAtomically(folder, (temporary) => saveSharded(temporary, tensors));
  return scales;
}

async function readWindows({ dir, config }: Model): Promise<number[][]> {
  const { loadTokenizer } = await import("../media/text/index.ts");
  const tokenizer = await loadTokenizer(dir);
  const ids = Array.from(tokenizer.encode(calibrationText)).slice(0, CALIBRATION_TOKENS);
  const size = Math.min(CALIBRATION_WINDOW, config.maxPositions);
  const count = Math.ceil(ids.length / size);
  return Array.from({ length: count }, (_, i) => ids.slice(i * size, (i + 1) * size));
}

/** Scales that were found before, where all of them are there and positive. */
async function readScales(folder: string, { config }: Model): Promise<CacheScales | undefined> {
  const shape = [config.kvHeads, config.headDim];
  try {
    using checkpoint = await openCheckpoint(folder);
    const entries = cacheScaleNames(config).map((name) => {
      const { data, shape: found } = checkpoint.readAs(name, "f32");
      const values = Float32Array.from(data as Float32Array);
      const fits = `${found}` === `${shape}` && values.every((x) => x > 0 && x < Infinity);
      if (!fits) throw new Error(`${folder}: ${name} is damaged`);
      return [name, fromValues("f32", shape, values)] as const;
    });
    return new Map(entries);
  } catch {
    return undefined; // absent or damaged: found anew
  }
}
