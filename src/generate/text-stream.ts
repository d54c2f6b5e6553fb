/** Generated ids to text, with the tags of thinking kept even where they are special tokens. */

import type { TextDecoderStream, Tokenizer } from "../media/text/types.ts";
import { THINK_CLOSE, THINK_OPEN } from "./thinking.ts";

/** As the tokenizer's decoder without special tokens, but `<think>` and `</think>` come through. */
export function createTextStream(tokenizer: Tokenizer): TextDecoderStream {
  const decoder = tokenizer.createDecoder({ skipSpecial: true });
  const open = tokenizer.tokenToId(THINK_OPEN);
  const close = tokenizer.tokenToId(THINK_CLOSE);
  return {
    push(id) {
      if (id === open) return decoder.flush() + THINK_OPEN;
      if (id === close) return decoder.flush() + THINK_CLOSE;
      return decoder.push(id);
    },
    flush: () => decoder.flush(),
  };
}

const holes = new WeakMap<Tokenizer, Int32Array>();

/** Ids below the tokenizer's size that stand for nothing and so must never be generated. */
export function idsWithoutToken(tokenizer: Tokenizer): Int32Array {
  const known = holes.get(tokenizer);
  if (known) return known;
  const found: number[] = [];
  for (let id = 0; id < tokenizer.vocabSize; id++) {
    if (tokenizer.idToToken(id) === undefined) found.push(id);
  }
  const ids = Int32Array.from(found);
  holes.set(tokenizer, ids);
  return ids;
}
