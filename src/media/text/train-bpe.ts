/**
 * Training of a byte-level BPE vocabulary (Sennrich et al. 2016, over bytes as in GPT-2): the
 * most frequent adjacent pair becomes a token until the vocabulary is full. Pair counts are kept
 * up to date incrementally, candidates in a heap.
 */

import { AddedTokenSplitter } from "./added-tokens.ts";
import { byteLevelJson } from "./byte-level-json.ts";
import { byteChars, writeUtf8 } from "./bytes.ts";
import { nfc } from "./nfc.ts";
import { PairMap } from "./pair-map.ts";
import { pieceScanner, QWEN2_RULE } from "./pretokenize.ts";
import { specialToken } from "./special-token.ts";
import type { TokenizerJson } from "./types.ts";

export interface TrainBpeOptions {
  /** Tokens wanted in all: 256 bytes, merges and special tokens. */
  vocabSize: number;
  /** Get the last ids, in this order; the text is split at them and never merged across. */
  specialTokens: readonly string[];
  /** A pair that occurs less often is not merged (default 2). */
  minFrequency?: number;
  /** Split pattern (default and only choice: "qwen2"). */
  regex?: "qwen2";
}

/**
 * Learns a byte-level BPE vocabulary. The result does not depend on the order of the texts: of
 * pairs equally frequent the one with the lower left id is merged first, then the lower right id,
 * which is also the order of the Rust tokenizers library. Texts that run out of frequent pairs
 * give fewer tokens than `vocabSize`.
 *
 * @returns a complete tokenizer.json (Qwen2 layout), which Hugging Face libraries load
 * @throws when `vocabSize` leaves no room for the 256 bytes and the special tokens
 * @example
 * const json = trainBpe(["one two", "two three"], { vocabSize: 262, specialTokens: ["<|end|>"] });
 * const tokenizer = await loadTokenizer({ tokenizer: json });
 */
export function trainBpe(texts: Iterable<string>, options: TrainBpeOptions): TokenizerJson {
  const { specialTokens, minFrequency = 2 } = options;
  const target = options.vocabSize - specialTokens.length;
  checkOptions(options, target);
  const { words, starts, counts } = toSymbols(countPieces(texts, specialTokens));
  const { tokens, merges } = mergePairs(words, starts, counts, target, minFrequency);
  for (const special of specialTokens) {
    if (tokens.includes(special)) {
      throw new Error(`trainBpe: special token ${JSON.stringify(special)} is also a learnt token`);
    }
  }
  return byteLevelJson(tokens, merges, specialTokens);
}

function checkOptions({ vocabSize, specialTokens, regex }: TrainBpeOptions, target: number): void {
  if (!Number.isInteger(vocabSize) || target < 256) {
    throw new RangeError(
      `trainBpe: vocabSize ${vocabSize} is too small; 256 bytes and ${specialTokens.length} ` +
        `special tokens need at least ${256 + specialTokens.length}`,
    );
  }
  if (new Set(specialTokens).size !== specialTokens.length || specialTokens.includes("")) {
    throw new Error("trainBpe: specialTokens must be distinct and not empty");
  }
  if (regex !== undefined && regex !== "qwen2") {
    throw new Error(`trainBpe: unknown regex ${JSON.stringify(regex)}; expected "qwen2"`);
  }
}

/** How often each piece occurs. */
function countPieces(
  texts: Iterable<string>,
  specialTokens: readonly string[],
): Map<string, number> {
  const counts = new Map<string, number>();
  const scan = pieceScanner(QWEN2_RULE);
  const splitter = new AddedTokenSplitter(
    specialTokens.map((content, id) => specialToken(id, content)),
    (token) => token.content,
  );
  const count = (text: string): void => {
    const normal = nfc(text);
    const units = new Uint16Array(normal.length);
    Buffer.from(units.buffer).write(normal, "utf16le");
    for (let at = 0; at < units.length; ) {
      const end = scan(units, at, units.length);
      const piece = normal.slice(at, end);
      const before = counts.get(piece);
      // A slice may keep the whole text alive; what stays in the map is a copy.
      if (before === undefined) counts.set(Buffer.from(piece, "utf16le").toString("utf16le"), 1);
      else counts.set(piece, before + 1);
      at = end;
    }
  };
  for (const text of texts) splitter.split(text, count, () => {});
  return counts;
}

/** Ids of single bytes: the byte alphabet in the order of its characters, as GPT-2 numbers it. */
const byteOrder: readonly number[] = byteChars
  .map((_, byte) => byte)
  .sort((a, b) => byteChars[a]!.charCodeAt(0) - byteChars[b]!.charCodeAt(0));

interface Words {
  /** Symbols of word w start at starts[w]; there are starts[w + 1] - starts[w] bytes. */
  words: Int32Array;
  starts: Int32Array; // [words + 1]
  counts: Float64Array; // [words]
}

function toSymbols(pieces: ReadonlyMap<string, number>): Words {
  const idOf = new Int32Array(256);
  byteOrder.forEach((byte, id) => {
    idOf[byte] = id;
  });
  let room = 0;
  for (const piece of pieces.keys()) room += piece.length * 3;
  const words = new Int32Array(room);
  const starts = new Int32Array(pieces.size + 1);
  const counts = new Float64Array(pieces.size);
  let at = 0;
  let w = 0;
  for (const [piece, count] of pieces) {
    const units = new Uint16Array(piece.length);
    for (let i = 0; i < piece.length; i++) units[i] = piece.charCodeAt(i);
    const bytes = new Uint8Array(piece.length * 3);
    const n = writeUtf8(units, 0, units.length, bytes);
    for (let i = 0; i < n; i++) words[at++] = idOf[bytes[i]!]!;
    counts[w++] = count;
    starts[w] = at;
  }
  return { words, starts, counts };
}

/** A pair that may be merged, with the words where it appeared since it was last queued. */
interface Candidate {
  readonly left: number;
  readonly right: number;
  readonly pair: number;
  count: number;
  readonly words: number[];
}

function mergePairs(
  symbols: Int32Array,
  starts: Int32Array,
  counts: Float64Array,
  target: number,
  minFrequency: number,
): { tokens: string[]; merges: [string, string][] } {
  const tokens = byteOrder.map((byte) => byteChars[byte]!);
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const lengths = new Int32Array(counts.length);
  for (let w = 0; w < counts.length; w++) lengths[w] = starts[w + 1]! - starts[w]!;
  const pairIndex = new PairMap(1 << 12);
  const pairCount: number[] = [];
  const queue = new CandidateHeap();
  const fresh = new Map<number, Candidate>(); // pairs seen since the queue was last filled

  const change = (left: number, right: number, word: number, sign: number): void => {
    let pair = pairIndex.get(left, right);
    if (pair < 0) {
      pair = pairCount.length;
      pairIndex.set(left, right, pair);
      pairCount.push(0);
    }
    pairCount[pair]! += sign * counts[word]!;
    if (sign < 0) return;
    const candidate = fresh.get(pair);
    if (candidate === undefined) fresh.set(pair, { left, right, pair, count: 0, words: [word] });
    else if (candidate.words.at(-1) !== word) candidate.words.push(word);
  };
  const enqueue = (): void => {
    for (const candidate of fresh.values()) {
      candidate.count = pairCount[candidate.pair]!;
      if (candidate.count > 0) queue.push(candidate);
    }
    fresh.clear();
  };

  for (let w = 0; w < counts.length; w++) {
    for (let i = starts[w]!; i + 1 < starts[w + 1]!; i++) {
      change(symbols[i]!, symbols[i + 1]!, w, 1);
    }
  }
  enqueue();

  const ranked = new Map<number, [number, number]>(); // by pair, in the order of merging
  while (tokens.length < target) {
    const best = queue.pop();
    if (best === undefined) break;
    const now = pairCount[best.pair]!;
    if (best.count !== now) {
      best.count = now; // it was queued before its neighbours were merged
      queue.push(best);
      continue;
    }
    if (now < 1 || now < minFrequency) break;
    const { left, right } = best;
    const token = tokens[left]! + tokens[right]!;
    let id = ids.get(token); // two different pairs may spell the same token
    if (id === undefined) {
      id = tokens.length;
      tokens.push(token);
      ids.set(token, id);
    }
    ranked.delete(best.pair);
    ranked.set(best.pair, [left, right]);
    for (const word of best.words) {
      const start = starts[word]!;
      lengths[word] = mergeWord(symbols, start, lengths[word]!, best, id, word, change);
    }
    enqueue();
  }
  return {
    tokens,
    merges: [...ranked.values()].map(([left, right]) => [tokens[left]!, tokens[right]!]),
  };
}

/** Replaces the pair in one word and reports the pairs that go and come; the new length. */
function mergeWord(
  symbols: Int32Array,
  start: number,
  length: number,
  { left, right }: Candidate,
  id: number,
  word: number,
  change: (left: number, right: number, word: number, sign: number) => void,
): number {
  const end = start + length;
  let write = start;
  for (let read = start; read < end; ) {
    const isPair = symbols[read] === left && read + 1 < end && symbols[read + 1] === right;
    if (!isPair) {
      symbols[write++] = symbols[read++]!;
      continue;
    }
    if (write > start) {
      change(symbols[write - 1]!, left, word, -1);
      change(symbols[write - 1]!, id, word, 1);
    }
    if (read + 2 < end) {
      change(right, symbols[read + 2]!, word, -1);
      change(id, symbols[read + 2]!, word, 1);
    }
    symbols[write++] = id;
    read += 2;
  }
  return write - start;
}

/** Most frequent pair first, then the lower left id, then the lower right id. */
class CandidateHeap {
  private readonly items: Candidate[] = [];

  push(item: Candidate): void {
    const { items } = this;
    let i = items.length;
    items.push(item);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!isBefore(item, items[parent]!)) break;
      items[i] = items[parent]!;
      i = parent;
    }
    items[i] = item;
  }

  pop(): Candidate | undefined {
    const { items } = this;
    const top = items[0];
    const last = items.pop();
    if (last === undefined || items.length === 0) return top;
    let i = 0;
    for (;;) {
      let child = i * 2 + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && isBefore(items[child + 1]!, items[child]!)) child++;
      if (!isBefore(items[child]!, last)) break;
      items[i] = items[child]!;
      i = child;
    }
    items[i] = last;
    return top;
  }
}

function isBefore(a: Candidate, b: Candidate): boolean {
  if (a.count !== b.count) return a.count > b.count;
  return a.left !== b.left ? a.left < b.left : a.right < b.right;
}
