/** What a tokenizer's tokens are to a constraint: bytes. */

import type { Tokenizer } from "../../media/text/types.ts";
import { ConstraintError } from "./budget.ts";
import { RegexStore } from "./regex-node.ts";
import { createSlices, type Slice } from "./slices.ts";
import type { TokenText } from "./token-trie.ts";

export interface Vocabulary {
  readonly size: number;
  /** Bytes of each token; undefined for control tokens and ids that stand for nothing. */
  readonly bytes: readonly (Uint8Array | undefined)[];
  /** Tokens of up to {@link SHORT} bytes, and the longer ones. */
  readonly short: readonly Slice[];
  readonly long: readonly Slice[];
  /** Shared by all that is compiled against the vocabulary, with the masks found so far. */
  readonly store: RegexStore;
}

/** Few tokens are longer; counts above this need not be told apart for the others. */
export const SHORT = 32;

const known = new WeakMap<Tokenizer, Vocabulary>();

/** Takes some tenths of a second for 150,000 tokens, once for each tokenizer. */
export function vocabularyOf(tokenizer: Tokenizer): Vocabulary {
  const found = known.get(tokenizer);
  if (found) return found;
  const special = new Set(tokenizer.specialIds);
  const bytes: (Uint8Array | undefined)[] = [];
  const texts: TokenText[] = [];
  const bytesOf = bytesReader(tokenizer);
  for (let id = 0; id < tokenizer.vocabSize; id++) {
    const text = special.has(id) ? undefined : bytesOf(id);
    bytes.push(text?.length ? text : undefined);
    if (text?.length) texts.push({ id, bytes: text });
  }
  const isShort = ({ bytes }: TokenText): boolean => bytes.length <= SHORT;
  const vocabulary: Vocabulary = {
    size: tokenizer.vocabSize,
    bytes,
    short: createSlices(texts.filter(isShort), tokenizer.vocabSize),
    long: createSlices(
      texts.filter((text) => !isShort(text)),
      tokenizer.vocabSize,
    ),
    store: new RegexStore(),
  };
  known.set(tokenizer, vocabulary);
  return vocabulary;
}

/** Without the tokenizer's own bytes: what a token adds behind a letter, where that is certain. */
function bytesReader(tokenizer: Tokenizer): (id: number) => Uint8Array | undefined {
  if (tokenizer.bytesOf) return (id) => tokenizer.bytesOf?.(id);
  const [letter, ...more] = tokenizer.encode("a", { specials: false });
  if (letter === undefined || more.length > 0) {
    throw new ConstraintError(
      "constraints need a tokenizer whose tokens stand for bytes, of the byte-level kind",
    );
  }
  const before = tokenizer.decode([letter]);
  return (id) => {
    const token = tokenizer.idToToken(id);
    if (token === undefined) return undefined;
    const byte = /^<0x([0-9A-Fa-f]{2})>$/.exec(token);
    if (byte) return Uint8Array.of(Number.parseInt(byte[1]!, 16));
    const text = tokenizer.decode([letter, id]);
    if (!text.startsWith(before) || text.includes("\uFFFD")) return undefined;
    return Buffer.from(text.slice(before.length));
  };
}
