/**
 * Tokenizers in GGUF metadata: tokenizer.json and tokenizer_config.json from it, and back.
 * Source of the keys and token types: llama.cpp, gguf-py/gguf/constants.py (Keys.Tokenizer,
 * TokenType) and convert_hf_to_gguf.py (what each pre-tokenizer name stands for).
 */

import { MAX_TOKENS } from "../../checkpoint/gguf/config.ts";
import type { GgufMetadata, GgufValue, MetadataReader } from "../../checkpoint/gguf/metadata.ts";
import { readGgufMetadata } from "../../checkpoint/gguf/open.ts";
import { byteLevelJson } from "./byte-level-json.ts";
import type { JsonObject } from "./check-json.ts";
import type { TokenizerFiles } from "./load-tokenizer.ts";
import { parseTokenizer } from "./parse-tokenizer.ts";
import { QWEN2_PATTERN } from "./pretokenize.ts";
import type { AddedToken } from "./types.ts";

/** Token types of llama.cpp. */
const NORMAL = 1;
const CONTROL = 3;
const USER_DEFINED = 4;
const UNUSED = 5;

const PRE = "tokenizer.ggml.pre";
/** Names of the Qwen2 split; older files have none, and only Qwen files get this far. */
const QWEN2_NAMES = ["qwen2", "deepseek-r1-qwen"];

const namedTokens = [
  ["eos", "eos_token"],
  ["bos", "bos_token"],
  ["padding", "pad_token"],
] as const;

/**
 * The tokenizer files that a GGUF file's metadata stands for.
 *
 * @throws Error naming the file and the metadata key that is missing, wrong or not supported
 */
export async function readGgufTokenizer(file: string): Promise<TokenizerFiles> {
  const m = await readGgufMetadata(file);
  const model = m.text("tokenizer.ggml.model");
  if (model !== "gpt2") throw m.error("tokenizer.ggml.model", '"gpt2" (byte-level BPE)');
  if (m.has(PRE) && !QWEN2_NAMES.includes(m.text(PRE))) {
    throw m.error(PRE, `one of ${QWEN2_NAMES.join(", ")}`);
  }
  const tokens = m.list("tokenizer.ggml.tokens", "string", MAX_TOKENS);
  const types = typesOf(m, tokens.length);
  const vocab = new Map<string, number>();
  const added: AddedToken[] = [];
  tokens.forEach((content, id) => {
    const type = types[id];
    if (type === UNUSED) return;
    if (type === CONTROL || type === USER_DEFINED) {
      added.push({ ...plain, id, content, special: type === CONTROL });
      return;
    }
    if (vocab.has(content)) {
      const where = `entries ${vocab.get(content)} and ${id} are equal`;
      throw m.error("tokenizer.ggml.tokens", `an array of different tokens (${where})`);
    }
    vocab.set(content, id);
  });
  const json = byteLevelJson([], mergesOf(m), []);
  return {
    tokenizer: {
      ...json,
      added_tokens: added,
      model: { ...json.model, vocab: Object.fromEntries(vocab) },
    },
    config: configOf(m, tokens),
  };
}

/** tokenizer_config.json with the chat template alone: cheaper than the whole tokenizer. */
export async function readGgufTemplates(file: string): Promise<JsonObject> {
  const m = await readGgufMetadata(file);
  return configOf(m, m.list("tokenizer.ggml.tokens", "string", MAX_TOKENS));
}

const plain = { single_word: false, lstrip: false, rstrip: false, normalized: false } as const;

function typesOf(m: MetadataReader, count: number): number[] {
  const key = "tokenizer.ggml.token_type";
  if (!m.has(key)) return new Array<number>(count).fill(NORMAL);
  const types = m.list(key, "number", MAX_TOKENS);
  if (types.length === count) return types;
  throw m.error(key, `an array of ${count} numbers, one for each token`);
}

function mergesOf(m: MetadataReader): [string, string][] {
  const key = "tokenizer.ggml.merges";
  return m.list(key, "string", MAX_TOKENS).map((merge, i) => {
    const space = merge.indexOf(" ", 1);
    if (space > 0 && space < merge.length - 1) {
      return [merge.slice(0, space), merge.slice(space + 1)];
    }
    const shown = JSON.stringify(merge.slice(0, 40));
    throw m.error(key, `an array of pairs with a space between (entry ${i} is ${shown})`);
  });
}

function configOf(m: MetadataReader, tokens: readonly string[]): JsonObject {
  const config: Record<string, unknown> = {};
  for (const [kind, name] of namedTokens) {
    const key = `tokenizer.ggml.${kind}_token_id`;
    const id = m.optionalCount(key, 0);
    if (id === undefined) continue;
    if (id >= tokens.length) throw m.error(key, `below the ${tokens.length} tokens`);
    config[name] = tokens[id];
  }
  const key = "tokenizer.chat_template";
  if (m.has(key)) config.chat_template = m.text(key);
  if (m.has("tokenizer.chat_templates")) {
    const names = m.list("tokenizer.chat_templates", "string", 100);
    const others = names.map((name) => ({ name, template: m.text(`${key}.${name}`) }));
    const first = m.has(key) ? [{ name: "default", template: m.text(key) }] : [];
    config.chat_template = [...first, ...others];
  }
  return config;
}

/**
 * The metadata that stands for a tokenizer.
 *
 * @param files parsed tokenizer.json and tokenizer_config.json
 * @param size rows of the embedding: ids without a token are written as unused
 * @param file name used in messages
 * @throws Error where the tokenizer has no name in the format
 */
export function ggufTokenizerMetadata(
  { tokenizer, config }: TokenizerFiles,
  template: string | undefined,
  size: number,
  file: string,
): GgufMetadata {
  const named = (config ?? {}) as JsonObject; // loadTokenizer has checked it
  const parsed = parseTokenizer(tokenizer, file, { eosToken: undefined, padToken: undefined });
  const json = tokenizer as { model: { vocab: Record<string, number>; merges: unknown[] } };
  if (!parsed.byteLevel || !JSON.stringify(tokenizer).includes(JSON.stringify(QWEN2_PATTERN))) {
    throw new Error(
      `${file}: only byte-level BPE with the split of Qwen2 can be written as GGUF, whose ` +
        `"${PRE}" names the split; export to safetensors instead`,
    );
  }
  const tokens = Array.from({ length: size }, (_, id) => `[PAD${id}]`);
  const types = new Array<number>(size).fill(UNUSED);
  const place = (id: number, content: string, type: number): void => {
    if (id >= size) {
      throw new Error(`${file}: token id ${id} is not among the ${size} rows of the embedding`);
    }
    tokens[id] = content;
    types[id] = type;
  };
  for (const [content, id] of Object.entries(json.model.vocab)) place(id, content, NORMAL);
  const { added_tokens: added = [] } = tokenizer as { added_tokens?: AddedToken[] };
  for (const { id, content, special } of added) {
    place(id, content, special ? CONTROL : USER_DEFINED);
  }
  const merges = json.model.merges.map((pair) =>
    Array.isArray(pair) ? pair.join(" ") : String(pair),
  );
  const entries: [string, GgufValue][] = [
    ["tokenizer.ggml.model", { type: "string", value: "gpt2" }],
    [PRE, { type: "string", value: "qwen2" }],
    ["tokenizer.ggml.tokens", arrayOf("string", tokens)],
    ["tokenizer.ggml.token_type", arrayOf("i32", types)],
    ["tokenizer.ggml.merges", arrayOf("string", merges)],
  ];
  for (const [kind, name] of namedTokens) {
    const token = named[name];
    const content =
      typeof token === "object" && token !== null && "content" in token ? token.content : token;
    const id = typeof content === "string" ? tokens.indexOf(content) : -1;
    if (id >= 0) entries.push([`tokenizer.ggml.${kind}_token_id`, { type: "u32", value: id }]);
  }
  entries.push(["tokenizer.ggml.add_bos_token", { type: "bool", value: false }]);
  if (template !== undefined) {
    entries.push(["tokenizer.chat_template", { type: "string", value: template }]);
  }
  return new Map(entries);
}

const arrayOf = (element: "string" | "i32", values: (string | number)[]): GgufValue => ({
  type: "array",
  element,
  length: values.length,
  read: () => values,
});
