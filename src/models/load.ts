/** A checkpoint folder as a model: its configuration and where its weights come from. */

import { type Checkpoint, openCheckpoint } from "../checkpoint/checkpoint.ts";
import { readConfigJson } from "../checkpoint/companions.ts";
import { type ResolveOptions, resolveModel } from "../checkpoint/resolve.ts";
import type { WeightSource } from "../graph/program.ts";
import { bareWeights } from "./bare-names.ts";
import { type CacheLoadOptions, withCacheFormat } from "./cache-load.ts";
import type { DecoderConfig } from "./decoder.ts";
import { type CheckedRead, readExperts } from "./expert-weights.ts";
import { readModelConfig } from "./families.ts";
import { type QuantizedLoad, type QuantizedLoadOptions, quantizedLoad } from "./quantized-load.ts";
import { readForeign } from "./quantized-readers.ts";
import { quantizedWeights } from "./quantized-weights.ts";
import { renameQwen } from "./qwen-names.ts";
import { textWeights } from "./text-weights.ts";

export interface Model extends Disposable {
  /** The folder, or the GGUF file. */
  readonly dir: string;
  /** Folder of the adapter that it has. */
  readonly adapter?: string;
  readonly config: DecoderConfig;
  readonly checkpoint: Checkpoint;
  /**
   * Weights by name in f32, mapped as they are where stored so, converted otherwise; and the parts
   * of quantised weights.
   */
  readonly weights: WeightSource;
  /**
   * The same model with its weights in the form that steps of a few sequences take; left out: the
   * one above. Both read and write one cache.
   */
  readonly steps?: Pick<Model, "config" | "checkpoint" | "weights">;
}

export type LoadOptions = ResolveOptions &
  QuantizedLoadOptions &
  CacheLoadOptions & {
    /** Folder of a PEFT adapter (LoRA, rsLoRA, DoRA) whose change is added to the model's maps. */
    readonly adapter?: string;
  };

/**
 * Opens a model: a folder, a GGUF file, or a hub id that was pulled before.
 *
 * @throws Error naming the file and key where configuration or weights do not fit
 * @example
 * using model = await loadModel("models/onefold-mini");
 * console.log(model.config.layers);
 * using small = await loadModel("models/onefold-mini", { quant: "int4" });
 */
export async function loadModel(spec: string, options: LoadOptions = {}): Promise<Model> {
  return adaptModel(await openModel(spec, options), options);
}

/** An open model with the adapter and the cache that the options ask for; closed where it fails. */
export async function adaptModel(
  model: Model,
  options: Pick<LoadOptions, "adapter"> & CacheLoadOptions,
): Promise<Model> {
  try {
    const adapted = options.adapter
      ? (await import("./adapter.ts")).withAdapter(model, options.adapter)
      : model;
    return await withCacheFormat(await adapted, options);
  } catch (error) {
    model[Symbol.dispose]();
    throw error;
  }
}

async function openModel(spec: string, options: LoadOptions): Promise<Model> {
  const dir = await resolveModel(spec, options);
  const { file, values } = await readConfigJson(dir);
  const read = readModelConfig(file, values);
  const stored = await openModelCheckpoint(dir, read.modelType);
  try {
    const foreign = readForeign(file, values.quantization_config, stored);
    const opened = foreign?.checkpoint ?? stored;
    const tiedHead = read.tiedHead && !hasOwnHead(opened);
    // A tied checkpoint may store its one table under the head's name alone.
    const tableIsHead = read.tiedHead && !opened.has(EMBEDDING) && opened.has(HEAD);
    const config = { ...read, tiedHead };
    const named = (weights: WeightSource): WeightSource => {
      if (!tableIsHead) return weights;
      return (port) => weights({ ...port, name: port.name === EMBEDDING ? HEAD : port.name });
    };
    const { steps, ...main } = await quantizedLoad(
      { dir, checkpoint: opened, config, weights: named(checkpointWeights(opened)) },
      options,
      foreign?.formats,
    );
    const formOf = ({ checkpoint, formats }: Omit<QuantizedLoad, "steps">) => {
      checkpoint.prefetch(); // the disk works while the program is traced and loaded
      const floats = checkpointWeights(checkpoint);
      const weights = formats ? quantizedWeights(checkpoint, formats, floats) : floats;
      const quantized = formats && { quantized: formats };
      return { config: { ...config, ...quantized }, checkpoint, weights: named(weights) };
    };
    return {
      dir,
      ...formOf(main),
      steps: steps && formOf(steps),
      [Symbol.dispose]() {
        main.checkpoint[Symbol.dispose]();
        steps?.checkpoint[Symbol.dispose]();
      },
    };
  } catch (error) {
    stored[Symbol.dispose]();
    throw error;
  }
}

/** The checkpoint of a folder, under the names that the shared decoder asks for. */
export async function openModelCheckpoint(dir: string, modelType?: string): Promise<Checkpoint> {
  const checkpoint = await openCheckpoint(dir);
  return modelType === "qwen" ? renameQwen(checkpoint) : textWeights(bareWeights(checkpoint));
}

const EMBEDDING = "model.embed_tokens.weight";
const HEAD = "lm_head.weight";

/**
 * Whether a checkpoint that calls itself tied stores a head that differs from its embedding:
 * transformers 5 then uses it (4 ignored it).
 */
function hasOwnHead(checkpoint: Checkpoint): boolean {
  if (!checkpoint.has(EMBEDDING) || !checkpoint.has(HEAD)) return false;
  const bytes = (name: string): Buffer => {
    const { data } = checkpoint.read(name);
    return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  };
  const isOwn = Buffer.compare(bytes(EMBEDDING), bytes(HEAD)) !== 0;
  // Comparing made both resident, and a widened table is never read here again.
  for (const name of [EMBEDDING, HEAD]) checkpoint.release(name);
  return isOwn;
}

/**
 * The weights of a checkpoint under the names and in the layout that models ask for: as stored,
 * and stacks of experts put together.
 *
 * @throws Error (of the source) where a tensor is missing or has another shape
 */
export function checkpointWeights(checkpoint: Checkpoint): WeightSource {
  const read: CheckedRead = ({ name, dtype, shape }, into) => {
    const info = checkpoint.info(name);
    if (`${info.shape}` !== `${shape}`) {
      throw new Error(
        `${info.file}: tensor "${name}" has shape [${info.shape}], but config.json asks for ` +
          `[${shape}]; the two do not belong together`,
      );
    }
    return checkpoint.readAs(name, dtype, into);
  };
  return (port) => readExperts(checkpoint, read, port) ?? read(port);
}
