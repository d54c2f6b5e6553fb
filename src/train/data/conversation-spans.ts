/** Where the assistant speaks in a rendered conversation, found with the template itself. */

import {
  type ChatMessage,
  type ChatTemplate,
  parseToolArguments,
  type Tokenizer,
} from "../../media/text/index.ts";
import type { Sequence } from "../batches.ts";

export interface Conversation {
  readonly messages: readonly ChatMessage[];
  readonly tools?: readonly { readonly [key: string]: unknown }[];
  readonly variables?: Readonly<Record<string, unknown>>;
}

export interface SpanOptions {
  readonly tokenizer: Tokenizer;
  readonly template: ChatTemplate;
  readonly lossOn: "assistant" | "last" | "all";
  readonly ignoreEmptyThink: boolean;
  /** Turns before this message are never learned: the prompt. */
  readonly from: number;
}

/** What templates of thinking models put before an answer without thinking. */
const EMPTY_THINK = /^<think>\s*<\/think>\s*/;

/**
 * The assistant's turns of a conversation, found by rendering its prefixes: what turn i adds to
 * the prompt before it. One sequence where each prefix begins the whole; a template that renders
 * earlier turns differently (Qwen3 drops their thinking) gets a sequence of its own for each turn
 * that the whole does not contain, which is what the model sees when it generates that turn.
 *
 * @throws Error where the template renders a turn other than as what follows its prompt
 */
export function conversationSequences(
  conversation: Conversation,
  options: SpanOptions,
): Sequence[] {
  const { tokenizer, template, lossOn } = options;
  const { messages, tools, variables } = conversation;
  const parsed = parseToolArguments({ messages, tools }).messages;
  const render = (count: number, prompt: boolean): string =>
    template.render({
      ...variables,
      tools,
      messages: parsed.slice(0, count),
      add_generation_prompt: prompt,
    });
  if (lossOn === "all") {
    const tokens = Array.from(tokenizer.encode(render(messages.length, false)));
    return [{ tokens, learned: tokens.map(() => 1) }];
  }
  const turns = learnedTurns(messages, options);
  if (turns.length === 0) return [{ tokens: [], learned: [] }];
  const spans = turns.map((i) => {
    const [prompt, upTo] = [render(i, true), render(i + 1, false)];
    if (!upTo.startsWith(prompt)) {
      throw new Error(
        `the chat template renders message ${i} other than as a continuation of its prompt, so ` +
          "what the assistant said cannot be found",
      );
    }
    const think = options.ignoreEmptyThink ? EMPTY_THINK.exec(upTo.slice(prompt.length)) : null;
    return { start: prompt.length + (think?.[0].length ?? 0), upTo };
  });
  const whole = spans[spans.length - 1].upTo;
  const inside = spans.filter(({ upTo }) => whole.startsWith(upTo));
  const alone = spans.filter(({ upTo }) => !whole.startsWith(upTo));
  return [
    ...alone.map(({ start, upTo }) => encodeSpans(tokenizer, upTo, [[start, upTo.length]])),
    encodeSpans(
      tokenizer,
      whole,
      inside.map(({ start, upTo }) => [start, upTo.length]),
    ),
  ];
}

function learnedTurns(messages: readonly ChatMessage[], { lossOn, from }: SpanOptions): number[] {
  const lastQuestion = messages.findLastIndex(({ role }) => role === "user");
  const first = Math.max(from, lossOn === "last" ? lastQuestion + 1 : 0);
  return messages.flatMap(({ role }, i) => (role === "assistant" && i >= first ? [i] : []));
}

/** Encodes the stretches between the borders on their own, as prompt and answer are at inference. */
function encodeSpans(
  tokenizer: Tokenizer,
  text: string,
  spans: readonly (readonly [number, number])[],
): Sequence {
  const tokens: number[] = [];
  const learned: number[] = [];
  const add = (from: number, to: number, isLearned: boolean): void => {
    const ids = tokenizer.encode(text.slice(from, to));
    const end = isLearned ? endOfTurn(tokenizer, ids) : 0;
    ids.forEach((id, i) => {
      tokens.push(id);
      learned.push(i < end ? 1 : 0);
    });
  };
  let at = 0;
  for (const [start, end] of spans) {
    add(at, start, false);
    add(start, end, true);
    at = end;
  }
  add(at, text.length, false);
  return { tokens, learned };
}

/** Templates put white space behind the end token: it belongs to the next turn's prompt. */
function endOfTurn(tokenizer: Tokenizer, ids: Int32Array): number {
  let last = ids.length;
  while (last > 0 && !tokenizer.specialIds.includes(ids[last - 1])) last--;
  const isBlank = last > 0 && tokenizer.decode(ids.subarray(last)).trim() === "";
  return isBlank ? last : ids.length;
}
