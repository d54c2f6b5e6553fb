/**
 * The tokenizer of the first Qwen generation: `qwen.tiktoken`, a line a token with its bytes in
 * base64 and its rank, as tokenizer.json. Split, normalisation and special tokens are not in the
 * file; source: QwenLM/Qwen, tokenization_note.md and the checkpoints' tokenization_qwen.py.
 */

import { join } from "node:path";
import { byteLevelJson } from "./byte-level-json.ts";
import { byteChars } from "./bytes.ts";
import { type JsonObject, Place, parseJson } from "./check-json.ts";
import type { TokenizerFiles } from "./load-tokenizer.ts";
import { readOptional } from "./read-optional.ts";

const FILE = "qwen.tiktoken";
/** More tokens than any published file has: memory is bounded by the file's size anyway. */
const MAX_TOKENS = 1 << 20;
/** Bytes of the longest token; published ones have up to 128. */
const MAX_BYTES = 1024;

const END_OF_TEXT = "<|endoftext|>";
const IM_END = "<|im_end|>";
/** In the order of their ids, behind the ranks. */
const SPECIALS = [
  END_OF_TEXT,
  "<|im_start|>",
  IM_END,
  ...Array.from({ length: 205 }, (_, i) => `<|extra_${i}|>`),
];

/**
 * The prompt that the chat checkpoints' code builds (`make_context` of qwen_generation_utils.py):
 * ChatML, with a system message of its own where none is given. It has no form for tools.
 */
const CHAT_TEMPLATE =
  "{% for message in messages %}{% if loop.first and message['role'] != 'system' %}" +
  "{{ '<|im_start|>system\\nYou are a helpful assistant.<|im_end|>\\n' }}{% endif %}" +
  "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}" +
  "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

/**
 * The tokenizer files that a folder's `qwen.tiktoken` stands for; undefined where there is none.
 *
 * @throws Error naming the file and the line that is wrong
 */
export async function readTiktoken(folder: string): Promise<TokenizerFiles | undefined> {
  const file = join(folder, FILE);
  const text = await readOptional(file);
  if (text === undefined) return undefined;
  const config = await readChatConfig(folder);
  return { tokenizer: tokenizerJson(text, file), config };
}

/** What tokenizer_config.json would say, for template and tokens; undefined for other folders. */
export async function readTiktokenConfig(folder: string): Promise<JsonObject | undefined> {
  if ((await readOptional(join(folder, FILE))) === undefined) return undefined;
  return readChatConfig(folder);
}

/** generation_config.json tells chat checkpoints from base ones: "chatml" or "raw". */
async function readChatConfig(folder: string): Promise<JsonObject> {
  const file = join(folder, "generation_config.json");
  const text = await readOptional(file);
  const { chat_format: format } =
    text === undefined ? {} : new Place(file).object(parseJson(text, file));
  const isChat = format === "chatml";
  return {
    tokenizer_class: "Qwen2Tokenizer",
    eos_token: isChat ? IM_END : END_OF_TEXT,
    pad_token: END_OF_TEXT,
    ...(isChat && { chat_template: CHAT_TEMPLATE }),
  };
}

/** Tokens by rank, in byte-level spelling. */
function parseRanks(text: string, file: string): string[] {
  const tokens: string[] = [];
  const known = new Set<string>();
  let at = 0;
  for (const line of text.split("\n")) {
    at++;
    if (line.trim() === "") continue;
    const wrong = (what: string): Error =>
      new Error(`${file}: line ${at} ${what}, but is ${JSON.stringify(line.slice(0, 60))}`);
    const found = /^([A-Za-z0-9+/]+={0,2}) (\d{1,9})\r?$/.exec(line);
    if (!found) throw wrong("must be a token in base64, a space and its rank");
    const bytes = Buffer.from(found[1]!, "base64");
    if (bytes.length === 0 || bytes.length > MAX_BYTES) {
      throw wrong(`must be a token of 1 to ${MAX_BYTES} bytes`);
    }
    const token = Array.from(bytes, (byte) => byteChars[byte]!).join("");
    const rank = Number(found[2]);
    if (rank >= MAX_TOKENS) throw wrong(`must have a rank below ${MAX_TOKENS}`);
    if (tokens[rank] !== undefined) throw wrong("must have a rank of its own");
    if (known.has(token)) throw wrong("must be another token than those before");
    known.add(token);
    tokens[rank] = token;
  }
  if (tokens.length !== known.size || tokens.length === 0) {
    throw new Error(
      `${file}: has ${known.size} tokens with ranks up to ${tokens.length - 1}, expected every ` +
        "rank from 0 on; download the file again",
    );
  }
  return tokens;
}

/**
 * Pairs to merge, in the order of the ranks of what they make. tiktoken merges any neighbours that
 * are a token together, lowest rank first: so each token is made from all its halves.
 */
function mergesOf(tokens: readonly string[]): [string, string][] {
  const ranks = new Map(tokens.map((token, rank) => [token, rank]));
  const merges: [string, string][] = [];
  for (const token of tokens) {
    const halves: { left: string; right: string; a: number; b: number }[] = [];
    for (let i = 1; i < token.length; i++) {
      const [left, right] = [token.slice(0, i), token.slice(i)];
      const a = ranks.get(left);
      const b = a === undefined ? undefined : ranks.get(right);
      if (a !== undefined && b !== undefined) halves.push({ left, right, a, b });
    }
    halves.sort((x, y) => x.a - y.a || x.b - y.b);
    for (const { left, right } of halves) merges.push([left, right]);
  }
  return merges;
}

function tokenizerJson(text: string, file: string) {
  const tokens = parseRanks(text, file);
  return byteLevelJson(tokens, mergesOf(tokens), SPECIALS);
}
