/** Which family reads which config.json. */

import { closestNames } from "../checkpoint/names.ts";
import { ConfigReader, type JsonObject } from "./config-reader.ts";
import type { DecoderConfig } from "./decoder.ts";
import { readQwen2Config } from "./qwen2.ts";
import { readQwen3Config } from "./qwen3.ts";

/** Readers by `model_type`. */
const families: ReadonlyMap<string, (config: ConfigReader) => DecoderConfig> = new Map([
  ["qwen2", readQwen2Config],
  ["qwen3", readQwen3Config],
]);

export const modelTypes = (): string[] => [...families.keys()];

/**
 * The decoder that a config.json describes.
 *
 * @param file path shown in errors
 * @throws Error naming file, key and the nearest supported family
 */
export function readModelConfig(file: string, values: JsonObject): DecoderConfig {
  const config = new ConfigReader(file, values);
  const type = config.text("model_type");
  const read = families.get(type);
  if (!read) {
    const [near] = closestNames(type, modelTypes(), 1);
    const hint = near ? `; the nearest is "${near}"` : "";
    throw config.error("model_type", `one of ${modelTypes().join(", ")}${hint}`, type);
  }
  return read(config);
}
