/** A model summed up from its config.json and the headers of its weights; no weight is read. */

import { readConfigJson } from "../../checkpoint/companions.ts";
import { openCheckpoint } from "../../checkpoint/index.ts";
import { sizeOf } from "../../graph/ndarray.ts";
import type { DecoderConfig } from "../../models/decoder.ts";
import { decoderSpecs } from "../../models/decoder-parameters.ts";
import { readModelConfig } from "../../models/families.ts";
import {
  contextsUpTo,
  decoderCache,
  type MemoryNeed,
  memoryNeeds,
  type TokenBytes,
  tokenBytes,
  usualCache,
} from "./memory.ts";
import { type Modalities, readModalities } from "./modalities.ts";

export interface ModelSummary {
  readonly folder: string;
  /** `architectures[0]` of the config, else its `model_type`. */
  readonly architecture: string;
  readonly modelType: string | null;
  /** Of quantised weights: those that they stand for. */
  readonly parameters: number;
  readonly tensors: number;
  /** Elements stored in each dtype, or kind of quantised block. */
  readonly stored: Readonly<Record<string, number>>;
  readonly storedBytes: number;
  readonly contextLimit: number | null;
  readonly layers: number | null;
  readonly hiddenSize: number | null;
  readonly vocabulary: number | null;
  readonly memory: readonly MemoryNeed[];
  readonly cacheBytesPerToken: TokenBytes | null;
  /** Recurrent state of one sequence, whatever its length. */
  readonly stateBytes: number;
  /** What a model made for tasks takes and gives; null for one of text alone. */
  readonly modalities: Modalities | null;
}

/**
 * @param folder in Hugging Face layout, or a GGUF file
 * @param contexts lengths to compute the memory for; by default a few up to the model's limit
 */
export async function describeModel(
  folder: string,
  contexts?: readonly number[],
): Promise<ModelSummary> {
  const { file, values: config } = await readConfigJson(folder);
  const known = knownConfig(file, config);
  // Multimodal configs keep the decoder's sizes in a part of their own.
  const text = isRecord(config.text_config) ? config.text_config : config;
  using checkpoint = await openCheckpoint(folder);
  const stored: Record<string, number> = {};
  let elementCount = 0;
  let storedBytes = 0;
  for (const name of checkpoint.names) {
    const { dtype, encoding = dtype, shape, byteLength } = checkpoint.info(name);
    const elements = sizeOf(shape);
    stored[encoding] = (stored[encoding] ?? 0) + elements;
    elementCount += elements;
    storedBytes += byteLength;
  }
  const contextLimit = positive(text.max_position_embeddings);
  const modelType = typeof config.model_type === "string" ? config.model_type : null;
  const cache = known ? decoderCache(known) : usualCache(text);
  const isQuantised = (config.quantization_config ?? null) !== null;
  const parameters = isQuantised && known ? parametersOf(known) : elementCount;
  const lengths = contexts ?? contextsUpTo(contextLimit ?? undefined);
  return {
    folder,
    architecture: firstString(config.architectures) ?? modelType ?? "unknown",
    modelType,
    parameters,
    tensors: checkpoint.names.length,
    stored,
    storedBytes,
    contextLimit,
    layers: positive(text.num_hidden_layers),
    hiddenSize: positive(text.hidden_size),
    vocabulary: positive(text.vocab_size),
    memory: memoryNeeds(
      isQuantised ? { quantisedBytes: storedBytes } : { parameters },
      cache,
      lengths,
    ),
    cacheBytesPerToken: cache ? tokenBytes(cache) : null,
    stateBytes: cache?.fixedBytes ?? 0,
    modalities: await readModalities(folder),
  };
}

/** The decoder that a config describes; undefined where the family is not one of ours. */
function knownConfig(
  file: string,
  config: Readonly<Record<string, unknown>>,
): DecoderConfig | undefined {
  try {
    return readModelConfig(file, config);
  } catch {
    return undefined;
  }
}

function parametersOf(config: DecoderConfig): number {
  const sizes = Array.from(decoderSpecs(config).values(), ({ shape }) => sizeOf(shape));
  return sizes.reduce((sum, size) => sum + size, 0);
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const positive = (value: unknown): number | null =>
  typeof value === "number" && Number.isInteger(value) && value > 0 ? value : null;

const firstString = (value: unknown): string | undefined =>
  Array.isArray(value) && typeof value[0] === "string" ? value[0] : undefined;
