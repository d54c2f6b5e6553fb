/** From rows to token sequences with the tokens that are learned. */

import type { ChatTemplate, Conversation, Tokenizer } from "../../media/text/index.ts";
import type { Sequence } from "../batches.ts";
import type { Row } from "./rows.ts";

export interface Samples {
  readonly sequences: Sequence[];
  readonly tokens: number;
  /** Tokens that count in the loss. */
  readonly learned: number;
  /** Conversations cut at the longest length. */
  readonly cut: number;
}

export interface SuperviseOptions {
  readonly tokenizer: Tokenizer;
  /** Needed for conversations; the error of its absence otherwise. */
  readonly template: ChatTemplate | Error;
  readonly maxLength: number;
}

/** @throws Error naming file and line of a row without a learned token */
export function toSamples(rows: Iterable<Row>, options: SuperviseOptions): Samples {
  const sequences: Sequence[] = [];
  let [tokens, learned, cut] = [0, 0, 0];
  for (const row of rows) {
    const made =
      "text" in row
        ? textSequences(row.text, options)
        : conversationSequences(row.where, row.conversation, options);
    for (const sequence of made) {
      const kept = truncate(sequence, options.maxLength);
      if (kept !== sequence) cut++;
      const count = learnedIn(kept);
      if (count === 0) {
        const isCut = learnedIn(sequence) > 0;
        const why = isCut
          ? `: the answer starts after ${options.maxLength} tokens; raise data.max_length`
          : '; expected an assistant message, or a "text" of two tokens or more';
        throw new Error(`${row.where}: nothing to learn in this row${why}`);
      }
      sequences.push(kept);
      tokens += kept.tokens.length;
      learned += count;
    }
  }
  return { sequences, tokens, learned, cut };
}

/** The first token of a sequence has nothing before it that could predict it. */
const learnedIn = ({ learned }: Sequence): number => {
  let count = 0;
  for (let t = 1; t < learned.length; t++) if (learned[t]) count++;
  return count;
};

function truncate(sequence: Sequence, length: number): Sequence {
  if (sequence.tokens.length <= length) return sequence;
  const cut = (values: ArrayLike<number>): number[] => Array.from(values).slice(0, length);
  return { tokens: cut(sequence.tokens), learned: cut(sequence.learned) };
}

/**
 * A text with its end token, in pieces of at most `maxLength`. Each begins with the last token of
 * the piece before, so that every token but the first is learned exactly once.
 */
function textSequences(text: string, { tokenizer, maxLength }: SuperviseOptions): Sequence[] {
  const end = tokenizer.padId ?? tokenizer.eosId;
  const ids = Array.from(tokenizer.encode(text, { specials: false }));
  if (end !== undefined && ids.length > 0) ids.push(end);
  const pieces: Sequence[] = [];
  for (let start = 0; start === 0 || start < ids.length - 1; start += maxLength - 1) {
    const tokens = ids.slice(start, start + maxLength);
    pieces.push({ tokens, learned: tokens.map(() => 1) });
  }
  return pieces;
}

/**
 * The assistant's turns of a conversation, found by rendering its prefixes: what turn i adds to
 * the prompt before it. One sequence where each prefix begins the whole; a template that renders
 * earlier turns differently (Qwen3 drops their thinking) gets a sequence of its own for each turn
 * that the whole does not contain, which is what the model sees when it generates that turn.
 */
function conversationSequences(
  where: string,
  conversation: Conversation,
  { tokenizer, template }: SuperviseOptions,
): Sequence[] {
  if (template instanceof Error) throw template;
  const { messages } = conversation;
  const render = (count: number, prompt: boolean): string =>
    template.render({
      ...conversation,
      messages: messages.slice(0, count),
      add_generation_prompt: prompt,
    });
  const turns = messages.flatMap(({ role }, i) => (role === "assistant" ? [i] : []));
  if (turns.length === 0) return [{ tokens: [], learned: [] }];
  if (turns[0] === 0)
    throw new Error(`${where}: the first message is the assistant's; put a question before it`);
  const spans = turns.map((i) => {
    const [prompt, upTo] = [render(i, true), render(i + 1, false)];
    if (!upTo.startsWith(prompt)) {
      throw new Error(
        `${where}: the chat template renders message ${i} other than as a continuation of its ` +
          "prompt, so what the assistant said cannot be found",
      );
    }
    return { start: prompt.length, upTo };
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
