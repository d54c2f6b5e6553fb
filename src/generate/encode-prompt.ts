/** Prompts to token ids, without working through texts that can never fit. */

import type { Tokenizer } from "../media/text/types.ts";
import { refusal } from "./engine/refusal.ts";

/**
 * Refuses a conversation that cannot fit before its template works through it: a body of megabytes
 * has room for some hundred thousand messages, and rendering those takes seconds.
 *
 * @param most tokens that a prompt can have; every message and every tool takes one at least
 * @throws EngineRefusal ("too-long")
 */
export function checkCounts(
  {
    messages,
    tools,
  }: { readonly messages: ArrayLike<unknown>; readonly tools?: ArrayLike<unknown> },
  most: number,
): void {
  const [count, offered] = [messages.length, tools?.length ?? 0];
  if (count + offered <= most) return;
  const what = offered > 0 ? `${count} messages and ${offered} tools` : `${count} messages`;
  throw refusal(
    "too-long",
    `the conversation's ${what} cannot fit into the ${most} tokens that a request can have here; ` +
      "leave some out",
  );
}

/** Characters that are counted at a time: some milliseconds. */
const PIECE = 1 << 13;
/** Tokens that cutting a text anywhere may add: those of the longest one, split. */
const SLACK = 128;

/**
 * As `tokenizer.encode`, but a text of far more than `most` tokens is refused as soon as that
 * shows: a body of megabytes would hold up everyone else for seconds.
 *
 * @param most tokens that a prompt can have
 * @throws EngineRefusal ("too-long")
 */
export function encodePrompt(tokenizer: Tokenizer, text: string, most: number): Int32Array {
  let count = 0;
  for (let start = 0; start + PIECE < text.length; start += PIECE) {
    const end = start + PIECE;
    count += Math.max(0, tokenizer.encode(text.slice(start, end)).length - SLACK);
    if (count <= most) continue;
    throw refusal(
      "too-long",
      `the first ${end} of the prompt's ${text.length} characters are at least ${count} tokens, ` +
        `but a request can have ${most} here; shorten it`,
    );
  }
  return tokenizer.encode(text);
}
