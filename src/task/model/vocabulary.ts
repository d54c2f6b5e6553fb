/** One vocabulary for all that is written in tokens: text, box bins, image codes. */

import type { Tokenizer } from "../../media/index.ts";

/** A run of ids `start`, `start + 1`, … */
export interface Block {
  readonly start: number;
  readonly count: number;
}

/** How a body's sentences begin and end. */
export interface SentenceMarks {
  /** Before and after the source sentence. */
  readonly sourceOpen: readonly number[];
  readonly sourceClose: readonly number[];
  /** What the target starts from (not learned), and what ends it. */
  readonly targetStart: number;
  readonly targetEnd: number;
  /** Around each stretch of text rather than around the sentence. */
  readonly isPerText: boolean;
}

export interface Vocabulary {
  readonly tokenizer: Tokenizer;
  readonly marks: SentenceMarks;
  readonly bins: Block | undefined;
  readonly codes: Block | undefined;
  /** Ids of a stretch of text; behind other text it begins with a blank. */
  encode(text: string, isFirst: boolean): number[];
  /** Text of ids, without bins, codes and marks. */
  decode(ids: readonly number[]): string;
}

export interface VocabularyOptions {
  readonly bins: number;
  readonly codes: number;
  /** Every stretch of text begins with a blank, as OFA's does (default false). */
  readonly alwaysBlank?: boolean;
}

/**
 * @param tokenizer has tokens `<bin_0>` … and `<code_0>` … in consecutive ids, as many as are asked for
 * @throws Error where it has not
 */
export function createVocabulary(
  tokenizer: Tokenizer,
  marks: SentenceMarks,
  { bins, codes, alwaysBlank = false }: VocabularyOptions,
): Vocabulary {
  const blocks = {
    bins: blockOf(tokenizer, "bin", bins),
    codes: blockOf(tokenizer, "code", codes),
  };
  const isBlock = (id: number): boolean => isIn(blocks.bins, id) || isIn(blocks.codes, id);
  const hidden = new Set([...tokenizer.specialIds, marks.targetStart, marks.targetEnd]);
  return {
    tokenizer,
    marks,
    ...blocks,
    encode(text, isFirst) {
      const trimmed = text.trim();
      if (trimmed === "") return [];
      const blank = alwaysBlank || !isFirst ? " " : "";
      // Plain: what a user's data hold cannot act as a control token.
      return Array.from(tokenizer.encode(blank + trimmed, { specials: false }));
    },
    decode: (ids) => tokenizer.decode(ids.filter((id) => !isBlock(id) && !hidden.has(id))).trim(),
  };
}

/** Whether an id lies in a block. */
export const isIn = (block: Block | undefined, id: number): boolean =>
  block !== undefined && id >= block.start && id < block.start + block.count;

function blockOf(tokenizer: Tokenizer, name: string, count: number): Block | undefined {
  if (count === 0) return undefined;
  const [start, last] = [0, count - 1].map((i) => tokenizer.tokenToId(`<${name}_${i}>`));
  if (start === undefined || last !== start + count - 1) {
    throw new Error(
      `tokenizer: expected ${count} tokens <${name}_0> to <${name}_${count - 1}> in a row`,
    );
  }
  return { start, count };
}

/**
 * Sentences of a ChatML model: the source is a user's turn, the target the assistant's answer
 * without thinking (Qwen3's template with `enable_thinking=false`).
 */
export function chatMarks(tokenizer: Tokenizer): SentenceMarks {
  const encode = (text: string): number[] => Array.from(tokenizer.encode(text));
  const close = encode("<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n");
  const end = tokenizer.tokenToId("<|im_end|>");
  if (end === undefined) throw new Error("tokenizer: expected a ChatML model with <|im_end|>");
  return {
    sourceOpen: encode("<|im_start|>user\n"),
    sourceClose: close.slice(0, -1),
    targetStart: close[close.length - 1],
    targetEnd: end,
    isPerText: false,
  };
}

/** Sentences of OFA: every stretch of text stands between `<s>` and `</s>`. */
export function spanMarks(tokenizer: Tokenizer): SentenceMarks {
  const [open, close] = ["<s>", "</s>"].map((mark) => tokenizer.tokenToId(mark));
  if (open === undefined || close === undefined) {
    throw new Error("tokenizer: expected the marks <s> and </s>");
  }
  return {
    sourceOpen: [open],
    sourceClose: [close],
    targetStart: open,
    targetEnd: close,
    isPerText: true,
  };
}
