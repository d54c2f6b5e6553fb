/** What people want to know of a loaded model: its size, its weights, what to ask it. */

import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { sizeOf } from "../graph/ndarray.ts";
import type { Model } from "../models/load.ts";

/** Weights that are held in one form. */
export interface WeightGroup {
  /** "bf16", "int4", a GGUF block's name, … */
  readonly dtype: string;
  readonly parameters: number;
  /** As stored, scales and zero points included. */
  readonly bytes: number;
}

export interface ModelFacts {
  /** `model_type` of config.json. */
  readonly modelType: string;
  readonly layers: number;
  readonly hiddenSize: number;
  readonly vocabSize: number;
  readonly parameters: number;
  /** Largest first. */
  readonly weights: readonly WeightGroup[];
  /** Prompts that the model's card suggests. */
  readonly examples: readonly string[];
}

/** @param model an open one; only headers are read */
export async function modelFacts(model: Model): Promise<ModelFacts> {
  const { modelType, layers, hiddenSize, vocabSize } = model.config;
  const weights = weightGroups(model);
  const parameters = weights.reduce((sum, group) => sum + group.parameters, 0);
  const examples = await readExamples(model.dir);
  return { modelType, layers, hiddenSize, vocabSize, parameters, weights, examples };
}

function weightGroups({ checkpoint, config }: Pick<Model, "checkpoint" | "config">): WeightGroup[] {
  const groups = new Map<string, { dtype: string; parameters: number; bytes: number }>();
  for (const name of checkpoint.names) {
    const { dtype: stored, encoding = stored, shape, byteLength } = checkpoint.info(name);
    const [, weight = "", part] = /^(.*)_(packed|columns|scales|zeros|order)$/.exec(name) ?? [];
    const format = config.quantized?.get(weight);
    const bits = format?.kind === "blocks" ? format.bits : 8;
    const dtype = format ? `int${bits}` : encoding;
    // Scales, zero points and orders take memory, but are no parameters of the model.
    const count = part === "packed" ? Math.round((8 * byteLength) / bits) : sizeOf(shape);
    const isParameters = !format || part === "packed" || part === "columns";
    const group = groups.get(dtype) ?? { dtype, parameters: 0, bytes: 0 };
    group.parameters += isParameters ? count : 0;
    group.bytes += byteLength;
    groups.set(dtype, group);
  }
  return [...groups.values()].sort((a, b) => b.bytes - a.bytes);
}

/** A card is a page of text; what is longer is none. */
const LONGEST_CARD = 1 << 20;
const MOST_EXAMPLES = 8;
const LONGEST_EXAMPLE = 500;

/**
 * Prompts of a model card's `widget` metadata, as the hub shows them
 * (huggingface.co/docs/hub/models-widgets). A card that cannot be read suggests nothing.
 */
export async function readExamples(folder: string): Promise<string[]> {
  const card = join(folder, "README.md");
  const size = await stat(card).then(
    (stats) => stats.size,
    () => Number.POSITIVE_INFINITY,
  );
  if (size > LONGEST_CARD) return [];
  const metadata = /^---\r?\n([\s\S]*?)\r?\n---/.exec(await readFile(card, "utf8"))?.[1];
  if (metadata === undefined) return [];
  const { parse } = await import("yaml");
  let widget: unknown;
  try {
    widget = (parse(metadata, { maxAliasCount: 10 }) as { widget?: unknown } | null)?.widget;
  } catch {
    return [];
  }
  const entries: readonly unknown[] = Array.isArray(widget) ? widget : [];
  return entries.flatMap(promptOf).slice(0, MOST_EXAMPLES);
}

/** `text`, or a conversation of one message. */
function promptOf(entry: unknown): string[] {
  if (typeof entry !== "object" || entry === null) return [];
  const { text, messages } = entry as { text?: unknown; messages?: unknown };
  const only: unknown =
    Array.isArray(messages) && messages.length === 1 ? messages[0]?.content : undefined;
  return [text ?? only].flatMap((prompt) => {
    const isShown = typeof prompt === "string" && prompt.trim() && prompt.length < LONGEST_EXAMPLE;
    return isShown ? [prompt.trim()] : [];
  });
}
