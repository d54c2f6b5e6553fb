/** Raw text as tokens. */

import type { Tokenizer } from "../../media/text/index.ts";

/** What ends a raw text. */
export const endOfText = ({ padId, eosId }: Tokenizer): number | undefined => padId ?? eosId;

/** Ids of a text with its end token; control tokens that are written in it are plain text. */
export function plainTokens(tokenizer: Tokenizer, text: string): number[] {
  const ids = Array.from(tokenizer.encode(text, { specials: false }));
  const end = endOfText(tokenizer);
  if (end !== undefined && ids.length > 0) ids.push(end);
  return ids;
}
