/** Context and continuation as tokens, by the rules of lm-evaluation-harness. */

import type { ContinuationTokens } from "../../generate/index.ts";
import type { Tokenizer } from "../../media/text/index.ts";
import { stripEnd } from "../strip.ts";
import type { LogLikelihoodRequest } from "../types.ts";

export interface EncodedPair extends ContinuationTokens {
  readonly context: readonly number[];
  readonly continuation: readonly number[];
  /** A token reaches across the border: it is scored as part of the continuation. */
  readonly isJoined: boolean;
}

/**
 * Blanks at the context's end move to the continuation, whose tokens are those of the whole text
 * behind as many as the context alone has (`_encode_pair` of lm_eval/api/model.py, 0.4.13). Where a
 * token spans the border, lm-evaluation-harness may be left with none and stops; here every token
 * that reaches into the continuation is scored.
 *
 * @param prefix the token that stands for an empty context
 * @throws Error for a continuation without tokens
 */
export function encodePair(
  tokenizer: Pick<Tokenizer, "encode">,
  request: LogLikelihoodRequest,
  prefix: number | undefined,
): EncodedPair {
  const context = stripEnd(request.context);
  const continuation = request.context.slice(context.length) + request.continuation;
  const whole = [...tokenizer.encode(context + continuation)];
  const before = context === "" ? [] : [...tokenizer.encode(context)];
  const isJoined = whole.length <= before.length && request.continuation !== "";
  // Tokens that both have in common stand before the border for certain.
  const split = isJoined ? commonLength(whole, before) : before.length;
  const scored = whole.slice(split);
  if (request.continuation === "" || scored.length === 0) {
    throw new Error(
      `the continuation ${JSON.stringify(request.continuation)} has no tokens of its own to score`,
    );
  }
  if (split > 0) return { context: whole.slice(0, split), continuation: scored, isJoined };
  if (scored.length > 1 && (prefix === undefined || scored[0] === prefix)) {
    return { context: scored.slice(0, 1), continuation: scored.slice(1), isJoined };
  }
  if (prefix !== undefined) return { context: [prefix], continuation: scored, isJoined };
  throw new Error("the context is empty, and the model has no token that begins a text");
}

/**
 * Keeps the last tokens where context and continuation do not fit (the last one is never an input).
 *
 * @throws RangeError where the continuation alone is too long
 */
export function fitPair(
  { context, continuation }: EncodedPair,
  limit: number,
): { context: readonly number[]; continuation: readonly number[] } {
  if (continuation.length > limit) {
    throw new RangeError(
      `the continuation has ${continuation.length} tokens; the model's context holds ${limit}`,
    );
  }
  const most = limit + 1 - continuation.length;
  return { context: context.slice(-most), continuation };
}

/**
 * Windows that score every token of a text once, each with as much before it as fits
 * (`get_rolling_token_windows`, context_len 1).
 */
export function rollingWindows(
  tokens: readonly number[],
  prefix: number,
  limit: number,
): ContinuationTokens[] {
  if (tokens.length === 0) return [];
  const first = Math.min(limit, tokens.length);
  const windows = [{ context: [prefix], continuation: tokens.slice(0, first) }];
  for (let done = first; done < tokens.length; ) {
    const count = Math.min(tokens.length - done, limit);
    const end = done + count;
    const start = Math.max(0, end - limit - 1);
    windows.push({ context: tokens.slice(start, done), continuation: tokens.slice(done, end) });
    done = end;
  }
  return windows;
}

function commonLength(a: readonly number[], b: readonly number[]): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return length;
}
