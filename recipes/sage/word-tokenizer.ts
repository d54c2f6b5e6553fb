/** A tokenizer of whole words: a small model of a world of a hundred words needs no pieces of them. */

import type { Tokenizer } from "../../src/media/text/index.ts";

const END = "<|end|>";

/**
 * Each word is a token, and so is the end of a text, which ends generation.
 *
 * @param words texts of others are refused
 * @example wordTokenizer(["red", "blue"]).encode(" blue red"); // [1, 0]
 */
export function wordTokenizer(words: readonly string[]): Tokenizer {
  const tokens = [...words, END];
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const end = words.length;
  const spell = (id: number): string => {
    const token = tokens[id];
    if (token === undefined) throw new RangeError(`no token has the id ${id} of ${tokens.length}`);
    return id === end ? "" : ` ${token}`;
  };
  const encode = (text: string): Int32Array =>
    Int32Array.from(text.split(" ").filter(Boolean), (word) => {
      const id = ids.get(word);
      if (id === undefined) throw new Error(`"${word}" is no word of this tokenizer`);
      return id;
    });
  return {
    vocabSize: tokens.length,
    specialIds: [end],
    eosId: end,
    padId: undefined,
    encode,
    encodeBatch: (texts) => texts.map((text) => encode(text)),
    decode: (given) => Array.from(given, spell).join(""),
    createDecoder: () => ({ push: spell, flush: () => "" }),
    tokenToId: (token) => ids.get(token),
    idToToken: (id) => tokens[id],
  };
}
