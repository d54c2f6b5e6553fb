/** Which family reads which config.json. */

import { closestNames } from "../checkpoint/names.ts";
import { ConfigReader, type JsonObject } from "./config-reader.ts";
import type { DecoderConfig } from "./decoder.ts";
import { readOnefoldConfig } from "./onefold-config.ts";
import { readQwenConfig } from "./qwen.ts";
import { readQwen2Config } from "./qwen2.ts";
import { readQwen2MoeConfig } from "./qwen2-moe.ts";
import { readQwen3Config } from "./qwen3.ts";
import { readQwen35Config, readQwen35MoeConfig } from "./qwen3-5.ts";
import { readQwen3MoeConfig } from "./qwen3-moe.ts";
import { readQwen3NextConfig } from "./qwen3-next.ts";

type FamilyReader = (config: ConfigReader) => DecoderConfig;

/** Readers by `model_type`. */
const families: ReadonlyMap<string, FamilyReader> = new Map([
  ["qwen", readQwenConfig],
  ["qwen2", readQwen2Config],
  ["qwen2_moe", readQwen2MoeConfig],
  ["qwen3", readQwen3Config],
  ["qwen3_moe", readQwen3MoeConfig],
  ["qwen3_next", readQwen3NextConfig],
  // The whole vision-language checkpoint, of which the text model is read, and the text alone.
  ["qwen3_5", readQwen35Config],
  ["qwen3_5_text", readQwen35Config],
  ["qwen3_5_moe", readQwen35MoeConfig],
  ["qwen3_5_moe_text", readQwen35MoeConfig],
  ["onefold", readOnefoldConfig],
]);

export const modelTypes = (): string[] => [...families.keys()];

/**
 * The decoder that a config.json describes.
 *
 * @param file path shown in errors
 * @throws Error naming file and key; for an unknown family, the nearest one and what differs
 */
export function readModelConfig(file: string, values: JsonObject): DecoderConfig {
  const config = new ConfigReader(file, values);
  const type = config.text("model_type");
  const read = families.get(type);
  if (read) return read(config);
  const { family, unknown, missing } = nearestFamily(type, file, values);
  const differences = [
    ...unknown.map((key) => `"${key}", which it does not read`),
    ...missing.map((key) => `"${key}", which it reads otherwise`),
  ];
  const difference =
    differences.length === 0
      ? "whose keys are the same, but whose layers need not be"
      : `from which it differs in ${listed(differences)}`;
  throw new Error(
    `${file}: "model_type" ${JSON.stringify(type)} is none of ${modelTypes().join(", ")}; ` +
      `the nearest is ${family}, ${difference}`,
  );
}

const MAX_LISTED = 8;

function listed(items: readonly string[]): string {
  const more = items.length - MAX_LISTED;
  const shown = items.slice(0, MAX_LISTED).join(", ");
  return more > 0 ? `${shown} and ${more} more` : shown;
}

interface Nearest {
  readonly family: string;
  /** Keys that the family's reader never looks at. */
  readonly unknown: readonly string[];
  /** Keys that it needs, and that are absent or hold something else. */
  readonly missing: readonly string[];
}

/** Keys that say nothing about the layers. */
const INERT = new RegExp(
  "^(_.*|architectures|auto_map|model_type|.*dtype|.*_token_id|transformers_version|use_cache|" +
    ".*drop(out)?(_.*)?|.*_pdrop|id2label|label2id|task_specific_params|.*_aux_loss_coef|" +
    "output_.*|pretraining_tp|initializer_.*|quantization_config|use_flash_attn|name_or_path)$",
);

/** Stand-ins for what a family needs, to read on where a config lacks it. */
const SAMPLE: JsonObject = {
  vocab_size: 1,
  hidden_size: 2_882_880, // a multiple of every usual number of heads
  intermediate_size: 1,
  num_hidden_layers: 1,
  num_attention_heads: 1,
  hidden_act: "silu",
};

/** The family that reads most of a config, and among equals the one of the closest name. */
function nearestFamily(type: string, file: string, values: JsonObject): Nearest {
  const all = Object.keys(values).filter((key) => !INERT.test(key));
  const candidates = Array.from(families, ([family, read]) => {
    const { asked, missing } = probe(read, file, values);
    const unread = all.filter((key) => !asked.has(key));
    const unknown = unread.filter((key) => isSet(values[key]));
    return { family, unknown, missing, cost: [unknown.length + missing.length, unread.length] };
  });
  const byName = closestNames(type, modelTypes(), families.size);
  const rank = (family: string): number => (byName.indexOf(family) + 1 || Infinity) - 1;
  return candidates.reduce((best, next) => {
    const order = next.cost[0] - best.cost[0] || next.cost[1] - best.cost[1];
    return order < 0 || (order === 0 && rank(next.family) < rank(best.family)) ? next : best;
  });
}

/** What a reader looks at, and what it refuses, going on past each refusal. */
function probe(read: FamilyReader, file: string, values: JsonObject) {
  const asked = new Set<string>();
  const missing: string[] = [];
  for (let patched = values; ; ) {
    const config = new ConfigReader(file, patched);
    try {
      read(config);
    } catch {
      // The reader has noted which key it refused.
    }
    for (const key of config.asked) asked.add(key);
    const [key] = config.refused;
    if (key === undefined || missing.includes(key)) return { asked, missing };
    missing.push(key);
    patched = { ...patched, [key]: SAMPLE[key] };
  }
}

/** Whether a value can switch anything on. */
const isSet = (value: unknown): boolean =>
  value !== null && value !== false && value !== 0 && !(Array.isArray(value) && value.length === 0);
