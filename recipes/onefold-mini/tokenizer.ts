/** The recipe's tokenizer: a small byte-level BPE vocabulary learned from its own examples. */

import {
  loadTokenizer,
  type Tokenizer,
  type TokenizerJson,
  trainBpe,
} from "../../src/media/text/index.ts";
import type { Sequence } from "../../src/train/batches.ts";
import { VOCABULARY } from "./config.ts";
import { trainingExamples } from "./data.ts";
import { CHAT_TEMPLATE, type Render, toSegments } from "./render.ts";
import type { Example } from "./types.ts";

const SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<think>", "</think>"];
/** As in Qwen3: control tokens that stay in decoded text, so that thinking can be told apart. */
const VISIBLE = ["<think>", "</think>"];
const EXAMPLES = 30_000;

/** Trains the vocabulary on a stream of examples of its own. */
export function trainTokenizer(): TokenizerJson {
  const json = trainBpe(texts(), { vocabSize: VOCABULARY, specialTokens: SPECIAL });
  json.added_tokens = json.added_tokens.map((token) =>
    VISIBLE.includes(token.content) ? { ...token, special: false } : token,
  );
  return json;
}

function* texts(): Generator<string> {
  const stream = trainingExamples("tokenizer");
  for (let i = 0; i < EXAMPLES; i++) {
    for (const { content, reasoning_content } of stream.next().value.messages) {
      yield content;
      if (reasoning_content) yield reasoning_content;
    }
  }
}

/** tokenizer_config.json, with the chat template inside as published checkpoints have it. */
export const tokenizerConfig = {
  add_bos_token: false,
  bos_token: null,
  chat_template: CHAT_TEMPLATE,
  clean_up_tokenization_spaces: false,
  eos_token: "<|im_end|>",
  model_max_length: 1024,
  pad_token: "<|endoftext|>",
  tokenizer_class: "Qwen2Tokenizer",
  unk_token: null,
};

export const openTokenizer = (json: TokenizerJson): Promise<Tokenizer> =>
  loadTokenizer({ tokenizer: json, config: tokenizerConfig });

/** Tokens of an example, and which of them are learned: the last assistant turn. */
export function toSequence(example: Example, render: Render, tokenizer: Tokenizer): Sequence {
  const tokens: number[] = [];
  const learned: number[] = [];
  for (const { text, isLearned, isSpelled } of toSegments(example, render)) {
    const parts = isSpelled ? Array.from(text) : [text];
    for (const part of parts) {
      for (const id of tokenizer.encode(part)) {
        tokens.push(id);
        learned.push(isLearned ? 1 : 0);
      }
    }
  }
  return { tokens, learned };
}
