/** Writes tokenizer.json in the layout of the Qwen2 tokenizers. */

import { QWEN2_PATTERN } from "./pretokenize.ts";
import { specialToken } from "./special-token.ts";
import type { TokenizerJson } from "./types.ts";

/**
 * A complete tokenizer.json: NFC, the Qwen2 split, byte level, BPE.
 *
 * @param vocab tokens in the order of their ids
 * @param merges pairs of tokens, best first
 * @param specialTokens get the ids after the vocabulary
 */
export function byteLevelJson(
  vocab: readonly string[],
  merges: readonly (readonly [string, string])[],
  specialTokens: readonly string[],
): TokenizerJson {
  const byteLevel = { add_prefix_space: false, trim_offsets: false, use_regex: false };
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: specialTokens.map((content, i) => specialToken(vocab.length + i, content)),
    normalizer: { type: "NFC" },
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [
        { type: "Split", pattern: { Regex: QWEN2_PATTERN }, behavior: "Isolated", invert: false },
        { type: "ByteLevel", ...byteLevel },
      ],
    },
    post_processor: { type: "ByteLevel", ...byteLevel },
    decoder: { type: "ByteLevel", ...byteLevel },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: "",
      end_of_word_suffix: "",
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(vocab.map((token, id) => [token, id])),
      merges: merges.map(([left, right]) => [left, right]),
    },
  };
}
