/** One answer: generated tokens as parts of thinking and content, cut to budget and stop strings. */

import type { Tokenizer } from "../media/text/types.ts";
import type { ChatResult } from "./chat-options.ts";
import type { DecoderSession } from "./decoder-session.ts";
import { type GeneratedToken, generate } from "./generate.ts";
import type { Sampling } from "./sampling.ts";
import { createStopMatcher } from "./stop-strings.ts";
import { type ChatPart, createThinkingParser, type ThinkingStart } from "./thinking.ts";
import { createThinkingCloser } from "./thinking-budget.ts";

/** Everything that decides an answer. */
export interface Answer {
  readonly session: DecoderSession;
  readonly tokenizer: Tokenizer;
  readonly prompt: Int32Array;
  readonly start: ThinkingStart;
  /** Only where the model thinks. */
  readonly thinkingBudget: number | undefined;
  readonly sampling: Sampling;
  readonly seed: number | undefined;
  readonly maxTokens: number | undefined;
  readonly stop: readonly string[];
  readonly stopTokens: readonly number[];
  readonly logprobs: number | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Streams the parts of an answer; returns all of it. */
export async function* answer(plan: Answer): AsyncGenerator<ChatPart, ChatResult> {
  const parser = createThinkingParser(plan.start);
  const matcher = createStopMatcher(plan.stop);
  const texts = { reasoning: "", content: "" };
  const tokens: GeneratedToken[] = [];
  let completionTokens = 0;
  let first = 0;
  let last = 0;

  /** Stop strings apply to the content; the caller sees what is certain. */
  const certain = (parts: readonly ChatPart[]): ChatPart[] =>
    parts.flatMap(({ type, text }) => {
      const shown = type === "content" ? matcher.push(text) : text;
      texts[type] += shown;
      return shown ? [{ type, text: shown }] : [];
    });
  const ending = (text: string): ChatPart[] => {
    const parts = certain([...parser.push(text), ...parser.flush()]);
    const held = matcher.flush();
    texts.content += held;
    return held ? [...parts, { type: "content", text: held }] : parts;
  };

  const { sampling, prompt, session, tokenizer, seed, maxTokens, stopTokens } = plan;
  const { logprobs, signal } = plan;
  const room = Math.min(maxTokens ?? Infinity, session.contextLimit - prompt.length);
  const closing = createThinkingCloser({ ...plan, room }, () => parser.isThinking);
  const items = generate(session, prompt, {
    ...sampling,
    tokenizer,
    seed,
    maxTokens,
    stopTokens,
    logprobs,
    signal,
    steer: () => (matcher.matched === undefined ? closing() : "stop"),
  });
  let next = await items.next();
  while (!next.done) {
    last = performance.now();
    if (completionTokens++ === 0) first = last;
    if (logprobs !== undefined) tokens.push(next.value);
    yield* certain(parser.push(next.value.text));
    next = await items.next();
  }
  const { finishReason, cachedTokens, rest } = next.value;
  yield* ending(rest);
  const seconds = (last - first) / 1000;
  return {
    ...texts,
    finishReason: matcher.matched === undefined ? finishReason : "stop",
    usage: { promptTokens: prompt.length, cachedTokens, completionTokens },
    seconds,
    tokensPerSecond: seconds > 0 ? (completionTokens - 1) / seconds : 0,
    ...(logprobs === undefined ? {} : { tokens }),
  };
}
