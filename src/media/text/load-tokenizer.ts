/** Loads a tokenizer from a checkpoint folder or from parsed JSON. */

import { join } from "node:path";
import { isGguf } from "../../checkpoint/gguf/path.ts";
import { ByteLevelTokenizer } from "./byte-level-tokenizer.ts";
import { describe, type JsonObject, Place, parseJson } from "./check-json.ts";
import { type NamedTokens, parseTokenizer } from "./parse-tokenizer.ts";
import { readOptional } from "./read-optional.ts";
import type { Tokenizer } from "./types.ts";

/** Contents of tokenizer.json and tokenizer_config.json, parsed. */
export interface TokenizerFiles {
  tokenizer: unknown;
  config?: unknown;
}

const TOKENIZER = "tokenizer.json";
const CONFIG = "tokenizer_config.json";

/**
 * Loads a tokenizer: the fast byte-level path for the Qwen family's shape, else
 * `@huggingface/tokenizers` where that computes all the parts the file names.
 *
 * @param source a checkpoint folder, a GGUF file, or the parsed files
 * @throws one sentence naming the file and key that is wrong or not supported
 * @example
 * const tokenizer = await loadTokenizer("models/onefold-mini");
 * tokenizer.decode(tokenizer.encode("hello")); // "hello"
 */
export async function loadTokenizer(source: string | TokenizerFiles): Promise<Tokenizer> {
  const folder = typeof source === "string" ? source : "";
  const files = typeof source === "string" ? await readTokenizerFiles(source) : source;
  const isOneFile = isGguf(folder); // complaints about its tokens are about the file itself
  const file = isOneFile ? folder : join(folder, TOKENIZER);
  const configPlace = new Place(isOneFile ? folder : join(folder, CONFIG));
  const config = files.config === undefined ? {} : configPlace.object(files.config);
  const named: NamedTokens = {
    eosToken: tokenName(config, "eos_token", configPlace),
    padToken: tokenName(config, "pad_token", configPlace),
  };
  const parsed = parseTokenizer(files.tokenizer, file, named);
  if (parsed.byteLevel !== undefined) return new ByteLevelTokenizer(parsed.byteLevel);
  const { createFallbackTokenizer } = await import("./fallback-tokenizer.ts");
  return createFallbackTokenizer(parsed, config, named, file);
}

/** The parsed tokenizer files of a checkpoint folder or GGUF file. */
export async function readTokenizerFiles(folder: string): Promise<TokenizerFiles> {
  if (isGguf(folder)) return (await import("./gguf.ts")).readGgufTokenizer(folder);
  const file = join(folder, TOKENIZER);
  const text = await readOptional(file);
  if (text === undefined) {
    const tiktoken = await (await import("./tiktoken.ts")).readTiktoken(folder);
    if (tiktoken) return tiktoken;
    throw new Error(
      `${file}: no such file; a checkpoint folder needs tokenizer.json or qwen.tiktoken ` +
        "(vocab.json with merges.txt alone is not read)",
    );
  }
  const configFile = join(folder, CONFIG);
  const config = await readOptional(configFile);
  return {
    tokenizer: parseJson(text, file),
    ...(config === undefined ? {} : { config: parseJson(config, configFile) }),
  };
}

/** A token named in tokenizer_config.json: a string, an AddedToken object, or null. */
function tokenName(config: JsonObject, key: string, place: Place): string | undefined {
  const value = config[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string") return value;
  if (typeof value === "object" && "content" in value && typeof value.content === "string") {
    return value.content;
  }
  throw place.at(key).error(`must be a token or null, but is ${describe(value)}`);
}
