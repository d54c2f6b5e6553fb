/** Fill-in-the-middle and repository-level prompts of Qwen2.5-Coder, and models trained like it. */

import type { Tokenizer } from "../media/text/types.ts";
import type { DecoderSession } from "./decoder-session.ts";
import {
  type GeneratedToken,
  type GenerateEnd,
  type GenerateOptions,
  generate,
} from "./generate.ts";

/** A file that the model sees whole before the one it writes in. */
export interface RepoFile {
  /** As the repository names it, with forward slashes. */
  readonly path: string;
  readonly content: string;
}

export interface FimInput {
  /** Text before the cursor. */
  readonly prefix: string;
  /** Text behind the cursor; left out: the file ends at the cursor and goes on from there. */
  readonly suffix?: string;
  /** Other files of the repository, the most telling last, and where the text belongs. */
  readonly repo?: {
    readonly name: string;
    readonly path: string;
    readonly files: readonly RepoFile[];
  };
}

export interface FimOptions {
  /**
   * Most tokens of the prompt (default: any number). Files that do not fit are left out, the last
   * one being the first to be given room; then the prefix's beginning and the suffix's end.
   */
  readonly maxTokens?: number;
}

export interface FimPrompt {
  readonly tokens: Int32Array;
  /** What ends a completion: any of the format's own tokens, and the ends of text and turn. */
  readonly stopTokens: readonly number[];
  /** Paths of repository files that did not fit, the nearest first. */
  readonly leftOut: readonly string[];
  /** Tokens cut from the prefix's beginning and the suffix's end. */
  readonly cut: number;
}

const FIM = ["<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"] as const;
const REPO = ["<|repo_name|>", "<|file_sep|>"] as const;
const ENDS = [...FIM, ...REPO, "<|fim_pad|>", "<|endoftext|>", "<|im_start|>", "<|im_end|>"];

/** Of a suffix and a prefix that do not both fit, what the prefix keeps at least. */
const PREFIX_SHARE = 0.75;

/**
 * The prompt for the text at a cursor, `prefix`, then `suffix`, then the middle's mark
 * (Qwen2.5-Coder's README and repo-level example). Texts are plain: a mark that is written in them
 * does not act as one.
 *
 * @throws Error where the tokenizer lacks one of the format's tokens; RangeError where `maxTokens`
 *   leaves no room for the text itself
 * @example
 * const { tokens, stopTokens } = fimPrompt(tokenizer, {
 *   prefix: "def add(a, b):\n    return ",
 *   suffix: "\n",
 * });
 */
export function fimPrompt(
  tokenizer: Tokenizer,
  { prefix, suffix, repo }: FimInput,
  { maxTokens = Infinity }: FimOptions = {},
): FimPrompt {
  const [before, behind, middle] = suffix === undefined ? [] : markers(tokenizer, FIM);
  const plain = (text: string): Int32Array => tokenizer.encode(text, { specials: false });
  const head: Int32Array[] = [];
  const files: { path: string; tokens: Int32Array[] }[] = [];
  const target: Int32Array[] = [];
  if (repo) {
    const [name, separator] = markers(tokenizer, REPO);
    head.push(name, plain(`${repo.name}\n`));
    for (const { path, content } of repo.files) {
      const end = content.endsWith("\n") ? "" : "\n";
      files.push({ path, tokens: [separator, plain(`${path}\n${content}${end}`)] });
    }
    target.push(separator, plain(`${repo.path}\n`));
  }
  const text = [plain(prefix), plain(suffix ?? "")] as const;
  const marks = suffix === undefined ? 0 : FIM.length;
  const fixed = count(head) + count(target) + marks;
  let room = maxTokens - fixed - count(text);
  const shown = files
    .reverse()
    .filter(({ tokens }) => {
      const fits = count(tokens) <= room;
      if (fits) room -= count(tokens);
      return fits;
    })
    .reverse();
  const [kept, keptSuffix] = cutToFit(text, maxTokens - fixed);
  const parts = [...head, ...shown.flatMap(({ tokens }) => tokens), ...target];
  if (before && behind && middle) parts.push(before, kept, behind, keptSuffix, middle);
  else parts.push(kept);
  return {
    tokens: Int32Array.from(parts.flatMap((part) => [...part])),
    stopTokens: ENDS.flatMap((token) => tokenizer.tokenToId(token) ?? []),
    leftOut: files.filter((file) => !shown.includes(file)).map(({ path }) => path),
    cut: count(text) - kept.length - keptSuffix.length,
  };
}

/** Ids of the format's tokens, each as a piece of a prompt. */
function markers(tokenizer: Tokenizer, names: readonly string[]): Int32Array[] {
  return names.map((name) => {
    const id = tokenizer.tokenToId(name);
    if (id !== undefined) return Int32Array.of(id);
    throw new Error(
      `the tokenizer has no ${name}, so the model was not trained to fill in; use a code model ` +
        "such as Qwen2.5-Coder",
    );
  });
}

const count = (parts: readonly Int32Array[]): number =>
  parts.reduce((total, { length }) => total + length, 0);

/** The prefix's end and the suffix's beginning, `room` tokens together at most. */
function cutToFit([prefix, suffix]: readonly [Int32Array, Int32Array], room: number) {
  if (prefix.length + suffix.length <= room) return [prefix, suffix] as const;
  if (room < 1) {
    throw new RangeError(
      `the prompt's frame alone leaves ${room} tokens for the text at the cursor; allow more`,
    );
  }
  const least = Math.min(prefix.length, Math.ceil(room * PREFIX_SHARE));
  const behind = Math.min(suffix.length, room - least);
  const from = prefix.length - (room - behind);
  return [prefix.subarray(Math.max(0, from)), suffix.subarray(0, behind)] as const;
}

export interface FillOptions extends Omit<GenerateOptions, "tokenizer" | "stopTokens"> {
  /** Most tokens of the prompt (default: the context less `maxTokens`, and at least half of it). */
  readonly maxPromptTokens?: number;
}

/** Most tokens of a completion where `maxTokens` does not say. */
const DEFAULT_COMPLETION = 256;

/**
 * Writes what belongs at a cursor, greedily unless the options say otherwise.
 *
 * @returns (of the generator) why it ended, and what of the input did not fit
 * @example
 * for await (const { text } of fillInMiddle(session, tokenizer, { prefix, suffix })) {
 *   process.stdout.write(text);
 * }
 */
export async function* fillInMiddle(
  session: DecoderSession,
  tokenizer: Tokenizer,
  input: FimInput,
  { maxPromptTokens, ...options }: FillOptions = {},
): AsyncGenerator<GeneratedToken, GenerateEnd & Pick<FimPrompt, "leftOut" | "cut">> {
  const { contextLimit } = session;
  const answer = options.maxTokens ?? DEFAULT_COMPLETION;
  // A limit on the answer is no reason to starve the prompt of a small context.
  const most = contextLimit - Math.min(answer, contextLimit >> 1);
  const { tokens, stopTokens, leftOut, cut } = fimPrompt(tokenizer, input, {
    maxTokens: Math.min(most, maxPromptTokens ?? most),
  });
  const settings = { ...options, maxTokens: answer, tokenizer, stopTokens };
  const end = yield* generate(session, tokens, settings);
  return { ...end, leftOut, cut };
}
