/** Log-probabilities of tokens in OpenAI's form. */

import type { GeneratedToken } from "../generate/generate.ts";
import { tokenBytes } from "../media/text/bytes.ts";
import type { Tokenizer } from "../media/text/index.ts";

interface Scored {
  /** The token's text; half a character is U+FFFD, its bytes tell. */
  readonly token: string;
  readonly logprob: number;
  readonly bytes: readonly number[];
}

export interface LogprobEntry extends Scored {
  readonly top_logprobs: readonly Scored[];
}

export function logprobEntry(item: GeneratedToken, tokenizer: Tokenizer): LogprobEntry {
  const score = (token: number, logprob: number): Scored => {
    const bytes = tokenBytes(tokenizer.idToToken(token) ?? "");
    // JSON has no infinity: OpenAI's own least value.
    return { token: decoder.decode(bytes), logprob: Math.max(logprob, -9999), bytes: [...bytes] };
  };
  return {
    ...score(item.token, item.logprob ?? -9999),
    top_logprobs: (item.topLogprobs ?? []).map(({ token, logprob }) => score(token, logprob)),
  };
}

const decoder = new TextDecoder();
