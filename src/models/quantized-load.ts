/** From a checkpoint as it was found to the one that a model reads, quantised or not. */

import { existsSync } from "node:fs";
import { totalmem } from "node:os";
import { join } from "node:path";
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { isGguf } from "../checkpoint/gguf/path.ts";
import { sizeOf } from "../graph/ndarray.ts";
import type { WeightSource } from "../graph/program.ts";
import type { WeightFormat, WeightFormats } from "../nn/scope.ts";
import type { DecoderConfig } from "./decoder.ts";
import { singleExperts } from "./expert-source.ts";
import {
  calibrationTextOf,
  planFormats,
  type Quantization,
  quantizationSettings,
} from "./quantization.ts";
import { chooseQuantization } from "./quantization-auto.ts";
import { openQuantized } from "./quantized-cache.ts";
import { observeActivations } from "./quantized-calibration.ts";
import { migrated, planMigration } from "./quantized-migration.ts";
import { type FloatSource, floatSource, storedFormats } from "./quantized-tensors.ts";

const CALIBRATION_TOKENS = 2048;
const CALIBRATION_WINDOW = 512;

export interface QuantizedLoadOptions {
  /**
   * Quantise the weights: "int8", "int4" or settings. Done once for each checkpoint and setting,
   * and kept on disk. "mixed": held twice, in int8 for prompts and batches, in int4 for steps of a
   * few sequences. "auto": chosen by the size of the model and the memory that is free; a model
   * that is quantised stays as it is.
   */
  readonly quant?: Quantization | "mixed" | "auto";
  /** Is told what "auto" chose and why, in one line. */
  readonly onChoice?: (why: string) => void;
  /** Where quantised models are kept (default: `onefold/quantized` beside the hub's cache). */
  readonly quantCacheDir?: string;
  /** Multiply weights in blocks in f32: slower, without the rounding of activations. */
  readonly exact?: boolean;
}

export interface QuantizedLoad {
  /** The given one, or that of the cache; the given one is then closed. */
  readonly checkpoint: Checkpoint;
  readonly formats?: WeightFormats;
  /** The same weights once more, for steps. */
  readonly steps?: Pick<QuantizedLoad, "checkpoint" | "formats">;
}

/** A model that is to be quantised. */
export interface FloatModel {
  /** Its folder or file, where its tokenizer is. */
  readonly dir: string;
  readonly checkpoint: Checkpoint;
  readonly config: DecoderConfig;
  /** In f32. */
  readonly weights: WeightSource;
}

/** What is to be quantised, and how. */
export interface QuantizationPlan {
  /** The numbers to quantise, after a look at what the model multiplies them by. */
  readonly source: () => Promise<FloatSource>;
  readonly formats: WeightFormats;
  /** The settings as text: equal for equal results. */
  readonly settings: string;
}

/**
 * Plans the quantisation of a model. With a tied head, a second copy of the table is left out.
 *
 * @throws Error where it is quantised already, or a setting does not fit
 */
export function planQuantization(model: FloatModel, quant: Quantization): QuantizationPlan {
  const { checkpoint, config, dir } = model;
  if (isQuantized(checkpoint)) {
    throw new Error(
      `${checkpoint.source}: is quantised already; quantise the model that it was made from`,
    );
  }
  const text = canRead(model) ? calibrationTextOf(quant) : undefined;
  const asked = typeof quant === "string" ? { kind: quant } : quant;
  const settings = quantizationSettings({ ...asked, calibration: text ?? false });
  const isTied = config.tiedHead;
  const floats = singleExperts(floatSource(checkpoint));
  const hasTable = floats.names.some((name) => name.endsWith("embed_tokens.weight"));
  const isTiedHead = (name: string): boolean => isTied && name === "lm_head.weight";
  const names = floats.names.filter((name) => !(hasTable && isTiedHead(name)));
  // A head that stands for the table, too, stays as it is.
  const free = names.filter((name) => !isTiedHead(name));
  const formats = planFormats(new Map(free.map((name) => [name, floats.shape(name)])), settings);
  const plain = { ...floats, names };
  const source = async (): Promise<FloatSource> => {
    if (text === undefined) return plain;
    const windows = await readWindows(dir, config, text);
    const statistics = await observeActivations(model, windows);
    const migration = planMigration(plain, formats, config, statistics);
    return migrated(plain, migration, statistics, config.offsetNorms);
  };
  return { source, formats, settings: JSON.stringify([settings, isTied]) };
}

function choose(
  { checkpoint, formats }: QuantizedLoad,
  { onChoice }: QuantizedLoadOptions,
): Quantization | "mixed" | undefined {
  if (formats) {
    onChoice?.(`auto: ${checkpoint.source} is quantised already and stays as it is`);
    return undefined;
  }
  const { kind, why } = chooseQuantization(checkpoint);
  onChoice?.(why);
  return kind;
}

/** Whether there is a tokenizer, and room for the weights in f32. */
function canRead({ dir, checkpoint }: FloatModel): boolean {
  if (!isGguf(dir) && !existsSync(join(dir, "tokenizer.json"))) return false;
  const numbers = checkpoint.names.reduce((sum, n) => sum + sizeOf(checkpoint.info(n).shape), 0);
  const memory = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
  return 4 * numbers < 0.6 * memory;
}

async function readWindows(dir: string, config: DecoderConfig, text: string): Promise<number[][]> {
  const { loadTokenizer } = await import("../media/text/index.ts");
  const tokenizer = await loadTokenizer(dir);
  const ids = Array.from(tokenizer.encode(text)).slice(0, CALIBRATION_TOKENS);
  if (ids.length < 2) throw new Error("quantisation: the calibration text has fewer than 2 tokens");
  const size = Math.min(CALIBRATION_WINDOW, config.maxPositions);
  const count = Math.ceil(ids.length / size);
  return Array.from({ length: count }, (_, i) => ids.slice(i * size, (i + 1) * size));
}

const isQuantized = (checkpoint: Checkpoint): boolean =>
  checkpoint.names.some((name) => /\.weight_(packed|columns)$/.test(name));

/**
 * Quantises as asked, or finds out how the checkpoint is quantised.
 *
 * @param found formats of a checkpoint that is quantised in another's way
 */
export async function quantizedLoad(
  model: FloatModel,
  options: QuantizedLoadOptions,
  found: WeightFormats | undefined,
): Promise<QuantizedLoad> {
  const { quantCacheDir, exact = false } = options;
  const { dir, checkpoint } = model;
  let result: QuantizedLoad = { checkpoint, formats: found ?? storedFormats(checkpoint) };
  const quant = options.quant === "auto" ? choose(result, options) : options.quant;
  if (quant) {
    const made = async (kind: Quantization): Promise<QuantizedLoad> => {
      const { source, formats, settings } = planQuantization(model, kind);
      const cache = { settings, cacheDir: quantCacheDir };
      return { checkpoint: await openQuantized(dir, source, formats, cache), formats };
    };
    result = await made(quant === "mixed" ? "int8" : quant);
    if (quant === "mixed") result = { ...result, steps: await made("int4") };
    checkpoint[Symbol.dispose]();
  }
  return exact ? inFull(result) : result;
}

/** Blocks that are multiplied in f32. */
function inFull({ formats, steps, ...rest }: QuantizedLoad): QuantizedLoad {
  const exact = ([name, format]: [string, WeightFormat]): [string, WeightFormat] => [
    name,
    format.kind === "blocks" ? { ...format, exact: true } : format,
  ];
  return {
    ...rest,
    formats: formats && new Map(Array.from(formats, exact)),
    steps: steps && inFull(steps),
  };
}
