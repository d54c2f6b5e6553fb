/** Which weights of a model are quantised and how, from what the user asked for. */

import { createHash } from "node:crypto";
import type { WeightFormat, WeightFormats } from "../nn/scope.ts";
import { calibrationText } from "./quantized-text.ts";

export interface QuantizationOptions {
  /**
   * "int8": layers in 8 bits with a scale an output, multiplied by activations rounded to 8 bits
   * token by token (the fastest for prompts and batches). "int4": weights in 4-bit blocks (the
   * smallest, and the fastest for one stream).
   */
  readonly kind: "int4" | "int8";
  /** Inputs that share a scale: 16, 32, … 256 (default 32). With "int8": all weights in blocks. */
  readonly block?: number;
  /** Blocks without zero points (default true). */
  readonly symmetric?: boolean;
  /** Bits of the embedding table and the head: default those of `kind`; "f32" keeps them. */
  readonly embedding?: "int4" | "int8" | "f32";
  /**
   * A text that the model reads in f32 first, to learn which channels are large and which errors
   * count (default: one that ships with onefold). false: look at the weights alone.
   */
  readonly calibration?: string | false;
  /** Weights to keep as they are: names, `*` for any part, as in `*.layers.0.*`. */
  readonly keep?: readonly string[];
  /** Weights to give 8 bits, in "int4": names as in `keep`. */
  readonly int8?: readonly string[];
}

/** "int8", "int4", or all settings. */
export type Quantization = "int4" | "int8" | QuantizationOptions;

/** Every setting with its value, in a fixed order: equal settings are equal as JSON. */
export interface QuantizationSettings {
  readonly kind: "int4" | "int8";
  /** 0: scales for whole outputs, in "int8". */
  readonly block: number;
  readonly symmetric: boolean;
  readonly embedding: "int4" | "int8" | "f32";
  readonly keep: readonly string[];
  readonly int8: readonly string[];
  /** Hash of the calibration text, or "none". */
  readonly calibration: string;
}

const BLOCKS = [16, 32, 64, 128, 256];

/** @throws Error naming the setting that does not fit and its choices */
export function quantizationSettings(asked: Quantization): QuantizationSettings {
  const options: QuantizationOptions = typeof asked === "string" ? { kind: asked } : asked;
  const { kind, symmetric = true, keep = [], int8 = [] } = options;
  const embedding = options.embedding ?? kind;
  requireOneOf("kind", kind, ["int4", "int8"]);
  requireOneOf("embedding", embedding, ["int4", "int8", "f32"]);
  if (options.block !== undefined) requireOneOf("block", options.block, BLOCKS);
  const block = options.block ?? (kind === "int8" && symmetric ? 0 : 32);
  const text = calibrationTextOf(options);
  const calibration =
    text === undefined ? "none" : createHash("sha256").update(text).digest("hex").slice(0, 16);
  const names = { keep: [...keep].sort(), int8: [...int8].sort() };
  return { kind, block, symmetric, embedding, ...names, calibration };
}

/** What the model is to read; undefined for nothing. */
export function calibrationTextOf(asked: Quantization): string | undefined {
  const options: QuantizationOptions = typeof asked === "string" ? { kind: asked } : asked;
  const { calibration = calibrationText } = options;
  return calibration === false ? undefined : calibration;
}

function requireOneOf<T>(name: string, value: T, choices: readonly T[]): void {
  if (choices.includes(value)) return;
  const listed = choices.join(", ");
  throw new Error(`quantisation: ${name} is ${JSON.stringify(value)}, expected one of ${listed}`);
}

/**
 * For what takes floats alone.
 *
 * @param values of config.json
 */
export function refuseQuantized(file: string, values: Readonly<Record<string, unknown>>): void {
  if ((values.quantization_config ?? undefined) === undefined) return;
  throw new Error(
    `${file}: "quantization_config" says that the weights are quantised, floats were expected; ` +
      "take the model that they were made from",
  );
}

/** Tables of token embeddings, and heads: their bits are a setting of their own. */
const EMBEDDING = /(^|\.)(embed_tokens|wte)\.weight$/;
const HEAD = /(^|\.)lm_head\.weight$/;
/** Routed experts: each product is one of a few rows, with a kernel for blocks alone. */
const EXPERT = /(^|\.)experts\.\d+\./;

/**
 * Matrices that stay as they are: routers and other gates of one output (a wrong choice of expert
 * costs more than its bytes), decay inputs of linear attention, position tables and towers for
 * images and sound.
 */
const NEVER = new RegExp(
  "(^|\\.)(gate|shared_expert_gate|router|in_proj_(a|b|ba)|pos_embed|embed_positions)\\.weight$" +
    "|(^|\\.)(visual|audio_tower|mtp)\\.",
);

/** Blocks of a table must fill its rows; the largest that do, down from the one asked for. */
const blockOfRows = (width: number, block: number): number | undefined =>
  BLOCKS.filter((b) => b <= block && width % b === 0).at(-1);

/**
 * Formats of the weights of a checkpoint under settings; weights that are not in it stay.
 *
 * @param shapes of the tensors, by name
 */
export function planFormats(
  shapes: ReadonlyMap<string, readonly number[]>,
  settings: QuantizationSettings,
): WeightFormats {
  const [kept, wide] = [settings.keep.map(toPattern), settings.int8.map(toPattern)];
  const unused = [...settings.keep, ...settings.int8].find(
    (text) => ![...shapes.keys()].some((name) => toPattern(text).test(name)),
  );
  if (unused !== undefined) {
    throw new Error(
      `quantisation: no weight is called ${JSON.stringify(unused)}; names look like ` +
        `${[...shapes.keys()].find((name) => !NEVER.test(name))}, and * stands for any part`,
    );
  }
  const formats = new Map<string, WeightFormat>();
  for (const [name, shape] of shapes) {
    if (shape.length !== 2 || !name.endsWith(".weight") || NEVER.test(name)) continue;
    if (kept.some((pattern) => pattern.test(name))) continue;
    const format = formatOf(name, shape[1]!, settings);
    const isWide = format?.kind === "blocks" && wide.some((pattern) => pattern.test(name));
    if (format) formats.set(name, isWide ? { ...format, bits: 8 } : format);
  }
  return formats;
}

function formatOf(
  name: string,
  inputs: number,
  { kind, block, symmetric, embedding }: QuantizationSettings,
): WeightFormat | undefined {
  const isTable = EMBEDDING.test(name);
  const bitsOf = (k: "int4" | "int8"): 4 | 8 => (k === "int4" ? 4 : 8);
  if (isTable || HEAD.test(name)) {
    if (embedding === "f32") return undefined;
    const size = isTable ? blockOfRows(inputs, block || 32) : block || 32;
    if (size === undefined) return undefined;
    return { kind: "blocks", bits: bitsOf(embedding), block: size, hasZeros: !symmetric };
  }
  if (block === 0 && !EXPERT.test(name)) return { kind: "per-token" };
  return { kind: "blocks", bits: bitsOf(kind), block: block || 32, hasZeros: !symmetric };
}

function toPattern(text: string): RegExp {
  const parts = text.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`);
}
