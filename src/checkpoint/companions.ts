/** The JSON files beside a model's weights, or what stands for them in a GGUF file. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { isGguf } from "./gguf/path.ts";
import { readJsonObject } from "./json.ts";

/** A companion's contents and the file to name in complaints about them. */
export interface Companion {
  readonly file: string;
  readonly values: Record<string, unknown>;
}

/**
 * config.json of a model.
 *
 * @param source a folder in Hugging Face layout, or a GGUF file
 */
export async function readConfigJson(source: string): Promise<Companion> {
  if (isGguf(source)) {
    const { readGgufConfigs } = await import("./gguf/config.ts");
    return { file: source, values: (await readGgufConfigs(source)).config };
  }
  const file = join(source, "config.json");
  if (!existsSync(file)) {
    throw new Error(
      `${file}: no such file; a model is a folder with config.json, tokenizer and safetensors, ` +
        "or a .gguf file",
    );
  }
  return { file, values: await readJsonObject(file) };
}

/** generation_config.json of a model, or undefined where there is none. */
export async function readGenerationJson(source: string): Promise<Companion | undefined> {
  if (isGguf(source)) {
    const { readGgufConfigs } = await import("./gguf/config.ts");
    const values = (await readGgufConfigs(source)).generation;
    return values && { file: source, values };
  }
  const file = join(source, "generation_config.json");
  return existsSync(file) ? { file, values: await readJsonObject(file) } : undefined;
}
