/** What a checkpoint says about generation: generation_config.json, with config.json behind it. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Companion, readConfigJson, readGenerationJson } from "../checkpoint/companions.ts";
import { isGguf } from "../checkpoint/gguf/path.ts";
import { checkSamplingValue, greedy, type Sampling } from "./sampling.ts";

export interface GenerationDefaults {
  /** What the checkpoint sets; empty without a generation_config.json. */
  readonly sampling: Partial<Sampling>;
  /** Ids that end an answer (`eos_token_id`). */
  readonly stopTokens: readonly number[];
  /** `max_new_tokens`. */
  readonly maxTokens: number | undefined;
  /** Whether there is a generation_config.json. */
  readonly hasFile: boolean;
}

const names: readonly (readonly [string, keyof Sampling])[] = [
  ["temperature", "temperature"],
  ["top_k", "topK"],
  ["top_p", "topP"],
  ["min_p", "minP"],
  ["repetition_penalty", "repetitionPenalty"],
  ["presence_penalty", "presencePenalty"],
  ["frequency_penalty", "frequencyPenalty"],
];

/**
 * Reads the defaults of a checkpoint folder or GGUF file. As in transformers, `do_sample` decides between
 * sampling (temperature 1 unless given) and greedy, and is false where it is left out.
 *
 * @throws Error naming the file and key of a value out of range
 */
export async function readGenerationDefaults(folder: string): Promise<GenerationDefaults> {
  const given = await readGenerationJson(folder);
  const hasFile = given !== undefined;
  const { file, values } = given ?? { file: folder, values: {} };
  const { file: modelFile, values: model } = await readModelJson(folder);
  const sampling: { -readonly [K in keyof Sampling]?: number } = {};
  for (const [name, key] of names) {
    const value = values[name];
    if (value !== undefined && value !== null) {
      sampling[key] = checkSamplingValue(key, value, `${file}: "${name}"`);
    }
  }
  const isSampling = flag(file, "do_sample", values.do_sample);
  if (isSampling) sampling.temperature ??= 1;
  else if (hasFile) sampling.temperature = greedy.temperature;
  const [stopFile, eos] =
    values.eos_token_id == null ? [modelFile, model.eos_token_id] : [file, values.eos_token_id];
  return {
    sampling,
    stopTokens: tokenIds(stopFile, "eos_token_id", eos),
    maxTokens: values.max_new_tokens == null ? undefined : count(file, values.max_new_tokens),
    hasFile,
  };
}

async function readModelJson(folder: string): Promise<Companion> {
  const isBare = existsSync(folder) && !isGguf(folder) && !existsSync(join(folder, "config.json"));
  return isBare ? { file: folder, values: {} } : readConfigJson(folder);
}

function flag(file: string, key: string, value: unknown): boolean {
  if (value === undefined || value === null) return false;
  if (typeof value === "boolean") return value;
  throw new Error(`${file}: "${key}" must be true or false, found ${JSON.stringify(value)}`);
}

function count(file: string, value: unknown): number {
  if (typeof value === "number" && Number.isInteger(value) && value > 0) return value;
  throw new Error(
    `${file}: "max_new_tokens" must be a positive integer, found ${JSON.stringify(value)}`,
  );
}

/** One id, a list of ids, or nothing. */
function tokenIds(file: string, key: string, value: unknown): number[] {
  if (value === undefined || value === null) return [];
  const ids: unknown[] = Array.isArray(value) ? value : [value];
  return ids.map((id) => {
    if (typeof id === "number" && Number.isInteger(id) && id >= 0) return id;
    throw new Error(
      `${file}: "${key}" must be a token id or a list of them, found ${JSON.stringify(value)}`,
    );
  });
}
