/** From a checkpoint as it was found to the one that a model reads, quantised or not. */

import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import type { WeightFormat, WeightFormats } from "../nn/scope.ts";
import { planFormats, type Quantization, quantizationSettings } from "./quantization.ts";
import { openQuantized } from "./quantized-cache.ts";
import { type FloatSource, floatSource, storedFormats } from "./quantized-tensors.ts";

export interface QuantizedLoadOptions {
  /**
   * Quantise the weights: "int8", "int4" or settings. Done once for each checkpoint and setting,
   * and kept on disk.
   */
  readonly quant?: Quantization;
  /** Where quantised models are kept (default: `onefold/quantized` beside the hub's cache). */
  readonly quantCacheDir?: string;
  /** Multiply weights in blocks in f32: slower, without the rounding of activations. */
  readonly exact?: boolean;
}

export interface QuantizedLoad {
  /** The given one, or that of the cache; the given one is then closed. */
  readonly checkpoint: Checkpoint;
  readonly formats?: WeightFormats;
}

/** What is to be quantised, and how. */
export interface QuantizationPlan {
  readonly source: FloatSource;
  readonly formats: WeightFormats;
  /** The settings as text: equal for equal results. */
  readonly settings: string;
}

/**
 * Plans the quantisation of a checkpoint.
 *
 * @param isTied the head is the embedding: a second copy in the checkpoint is left out
 * @throws Error where it is quantised already, or a setting does not fit
 */
export function planQuantization(
  checkpoint: Checkpoint,
  quant: Quantization,
  isTied: boolean,
): QuantizationPlan {
  if (isQuantized(checkpoint)) {
    throw new Error(
      `${checkpoint.source}: is quantised already; quantise the model that it was made from`,
    );
  }
  const settings = quantizationSettings(quant);
  const floats = floatSource(checkpoint);
  const hasTable = floats.names.some((name) => name.endsWith("embed_tokens.weight"));
  const isTiedHead = (name: string): boolean => isTied && name === "lm_head.weight";
  const names = floats.names.filter((name) => !(hasTable && isTiedHead(name)));
  // A head that stands for the table, too, stays as it is.
  const free = names.filter((name) => !isTiedHead(name));
  const formats = planFormats(new Map(free.map((name) => [name, floats.shape(name)])), settings);
  return { source: { ...floats, names }, formats, settings: JSON.stringify([settings, isTied]) };
}

const isQuantized = (checkpoint: Checkpoint): boolean =>
  checkpoint.names.some((name) => /\.weight_(packed|columns)$/.test(name));

/**
 * Quantises as asked, or finds out how the checkpoint is quantised.
 *
 * @param dir the model's folder or file
 * @param state `found`: formats of a checkpoint that is quantised in another's way
 */
export async function quantizedLoad(
  dir: string,
  checkpoint: Checkpoint,
  { quant, quantCacheDir, exact = false }: QuantizedLoadOptions,
  state: { readonly isTied: boolean; readonly found?: WeightFormats },
): Promise<QuantizedLoad> {
  let result: QuantizedLoad = { checkpoint, formats: state.found ?? storedFormats(checkpoint) };
  if (quant) {
    const { source, formats, settings } = planQuantization(checkpoint, quant, state.isTied);
    const quantized = await openQuantized(dir, source, formats, {
      settings,
      cacheDir: quantCacheDir,
    });
    checkpoint[Symbol.dispose]();
    result = { checkpoint: quantized, formats };
  }
  if (!exact || !result.formats) return result;
  const inFull = ([name, format]: [string, WeightFormat]): [string, WeightFormat] => [
    name,
    format.kind === "blocks" ? { ...format, exact } : format,
  ];
  return { ...result, formats: new Map(Array.from(result.formats, inFull)) };
}
