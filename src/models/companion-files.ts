/** What belongs to a checkpoint beside its weights, from a folder or from a GGUF file. */

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { readConfigJson, readGenerationJson } from "../checkpoint/companions.ts";
import { isGguf } from "../checkpoint/gguf/path.ts";
import { readTokenizerFiles } from "../media/text/load-tokenizer.ts";

/** Files of published checkpoints that say how to read, prompt or use the weights. */
const NAMES =
  /^(generation_config\.json|training\.json|tokenizer(_config)?\.json|special_tokens_map\.json|added_tokens\.json|vocab\.json|merges\.txt|.*\.tiktoken|chat_template\.(jinja|json)|LICENSE.*|README\.md)$/i;

/**
 * Companion files by name: config.json as an object, others as they are on disk. From a GGUF
 * file: what its metadata stands for.
 */
export async function companionFiles(
  source: string,
): Promise<Record<string, unknown> & { "config.json": Record<string, unknown> }> {
  const { values: config } = await readConfigJson(source);
  const files: Record<string, unknown> = {};
  if (isGguf(source)) {
    const { tokenizer, config: tokenizerConfig } = await readTokenizerFiles(source);
    files["tokenizer.json"] = tokenizer;
    files["tokenizer_config.json"] = {
      tokenizer_class: "Qwen2Tokenizer",
      ...(tokenizerConfig as object), // made by readTokenizerFiles
    };
    const generation = await readGenerationJson(source);
    if (generation) files["generation_config.json"] = generation.values;
  } else {
    const entries = await readdir(source);
    for (const name of entries.filter((entry) => NAMES.test(entry)).sort()) {
      files[name] = await readFile(join(source, name));
    }
  }
  return { ...files, "config.json": config };
}
