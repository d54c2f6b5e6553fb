/**
 * Fill-in-the-middle for pretraining: a document with its middle moved to the end (Bavarian et
 * al., "Efficient Training of Language Models to Fill in the Middle", 2022), in the prompt forms
 * that Qwen2.5-Coder is asked with, at the level of files and of repositories.
 */

import { fimPrompt, type RepoFile } from "../../generate/fim.ts";
import type { Tokenizer } from "../../media/text/index.ts";
import { createRandom, type Random } from "../../nn/random.ts";
import { endOfText, plainTokens } from "./plain-tokens.ts";
import { placeOf } from "./problem.ts";
import type { RawRecord } from "./record.ts";

export interface FimTraining {
  /** Share of documents that are transformed (default 0.5). */
  readonly rate?: number;
  /**
   * Of these, the share in the order suffix, prefix, middle (default 0: prefix, suffix, middle,
   * the order of the prompts).
   */
  readonly suffixFirst?: number;
  /** Of these, the share whose borders are line ends, not any characters (default 0). */
  readonly lines?: number;
}

export interface FimParts {
  readonly prefix: string;
  readonly middle: string;
  readonly suffix: string;
}

/** Cuts a text at two places drawn evenly: between any characters, or between lines. */
export function cutForFim(text: string, random: Random, atLines = false): FimParts {
  const draw = atLines ? lineStarts(text) : undefined;
  const place = (): number => {
    if (draw) return draw[random.below(draw.length)];
    const at = random.below(text.length + 1);
    return isInsidePair(text, at) ? at - 1 : at;
  };
  const [a, b] = [place(), place()].sort((x, y) => x - y);
  return { prefix: text.slice(0, a), middle: text.slice(a, b), suffix: text.slice(b) };
}

/** Half a surrogate pair is no text. */
function isInsidePair(text: string, at: number): boolean {
  const [before, behind] = [text.charCodeAt(at - 1), text.charCodeAt(at)];
  return (before & 0xfc00) === 0xd800 && (behind & 0xfc00) === 0xdc00;
}

/** Beginnings of lines, and the text's end. */
function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  if (starts[starts.length - 1] !== text.length) starts.push(text.length);
  return starts;
}

/** Tokens of a document whose middle is to be learned from what surrounds it, and its end. */
export function fimTokens(tokenizer: Tokenizer, parts: FimParts, suffixFirst = false): number[] {
  const { prefix, middle, suffix } = parts;
  const frame = (before: string, behind: string) =>
    Array.from(fimPrompt(tokenizer, { prefix: before, suffix: behind }).tokens);
  // Suffix first: the prefix's mark, nothing, the suffix, then prefix and middle in one.
  return suffixFirst
    ? [...frame("", suffix), ...finish(tokenizer, prefix + middle)]
    : [...frame(prefix, suffix), ...finish(tokenizer, middle)];
}

/** The middle, which may be empty, and the end. */
function finish(tokenizer: Tokenizer, middle: string): number[] {
  const end = endOfText(tokenizer);
  const ids = Array.from(tokenizer.encode(middle, { specials: false }));
  return end === undefined ? ids : [...ids, end];
}

/** Marks around the parts, and the end. */
const FRAME = 4;

/**
 * Token sequences of one file, all of whose tokens are learned. A file of more than `maxLength`
 * tokens is first cut at line ends into parts that are transformed one by one.
 */
export function fileSequences(
  tokenizer: Tokenizer,
  text: string,
  random: Random,
  maxLength: number,
  { rate = 0.5, suffixFirst = 0, lines = 0 }: FimTraining = {},
): number[][] {
  const size = tokenizer.encode(text, { specials: false }).length;
  const middle = halfway(text);
  if (size + FRAME > maxLength && middle > 0 && middle < text.length) {
    const options = { rate, suffixFirst, lines };
    return [text.slice(0, middle), text.slice(middle)].flatMap((part) =>
      fileSequences(tokenizer, part, random, maxLength, options),
    );
  }
  if (random.uniform() >= rate) return [plainTokens(tokenizer, text)];
  const isSuffixFirst = random.uniform() < suffixFirst;
  const parts = cutForFim(text, random, random.uniform() < lines);
  const tokens = fimTokens(tokenizer, parts, isSuffixFirst);
  // Cut texts may take more tokens than the whole one: what does not fit stays as it was.
  return [tokens.length <= maxLength ? tokens : plainTokens(tokenizer, text)];
}

/** The line end nearest to the middle of a text, else the middle itself. */
function halfway(text: string): number {
  const middle = text.length >> 1;
  const before = text.lastIndexOf("\n", middle - 1) + 1;
  const behind = text.indexOf("\n", middle) + 1;
  const near = behind > 0 && behind - middle < middle - before ? behind : before;
  if (near > 0 && near < text.length) return near;
  return isInsidePair(text, middle) ? middle + 1 : middle;
}

/**
 * Token sequences of a repository: as many files as fit show their paths and contents in turn,
 * the last of them with its middle moved to the end. Each file is in one sequence.
 */
export function repositorySequences(
  tokenizer: Tokenizer,
  name: string,
  files: readonly RepoFile[],
  random: Random,
  maxLength: number,
  options: FimTraining = {},
): number[][] {
  const sizeOf = (text: string): number => tokenizer.encode(text, { specials: false }).length;
  const header = sizeOf(`${name}\n`) + 1 + FRAME;
  const groups: RepoFile[][] = [];
  const alone: RepoFile[] = [];
  let room = 0;
  for (const file of files) {
    const size = sizeOf(`${file.path}\n${file.content}\n`) + 2; // separator; seams of parts
    if (header + size > maxLength) {
      alone.push(file);
      continue;
    }
    if (size > room || groups.length === 0) {
      groups.push([]);
      room = maxLength - header;
    }
    groups[groups.length - 1].push(file);
    room -= size;
  }
  return [
    ...groups.flatMap((group) => groupSequence(tokenizer, name, group, random, maxLength, options)),
    ...alone.flatMap(({ content }) =>
      fileSequences(tokenizer, content, random, maxLength, options),
    ),
  ];
}

function groupSequence(
  tokenizer: Tokenizer,
  name: string,
  group: readonly RepoFile[],
  random: Random,
  maxLength: number,
  { rate = 0.5, lines = 0 }: FimTraining,
): number[][] {
  const { path, content } = group[group.length - 1];
  const repo = { name, path, files: group.slice(0, -1) };
  const whole = () => [
    ...fimPrompt(tokenizer, { prefix: content, repo }).tokens,
    ...finish(tokenizer, ""),
  ];
  if (random.uniform() >= rate) return [whole()];
  const { prefix, middle, suffix } = cutForFim(content, random, random.uniform() < lines);
  const { tokens } = fimPrompt(tokenizer, { prefix, suffix, repo });
  const sequence = [...tokens, ...finish(tokenizer, middle)];
  return [sequence.length <= maxLength ? sequence : whole()];
}

/**
 * What `SuperviseOptions.textTokens` takes: each text or repository transformed as its place in
 * the data, the epoch and the seed say, whenever it comes.
 */
export const createFim =
  (tokenizer: Tokenizer, maxLength: number, seed: number, options: FimTraining = {}) =>
  (record: RawRecord, epoch = 0): number[][] => {
    const random = createRandom(seed, `fim ${epoch} ${placeOf(record)}`);
    if (record.kind === "text") {
      return fileSequences(tokenizer, record.text, random, maxLength, options);
    }
    const { repo, files } = record;
    return repositorySequences(tokenizer, repo, files, random, maxLength, options);
  };
