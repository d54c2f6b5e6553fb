/** From records to token sequences with the tokens that are learned. */

import type { ChatMessage, ChatTemplate, Tokenizer } from "../../media/text/index.ts";
import type { Sequence } from "../batches.ts";
import { type Conversation, conversationSequences } from "./conversation-spans.ts";
import { createFim } from "./fim.ts";
import { plainTokens } from "./plain-tokens.ts";
import { DataError, placeOf, type Rule } from "./problem.ts";
import type { DataRecord, RawRecord, RecordOf, Side } from "./record.ts";

/** Which turns are learned: the assistant's, those behind the last question, or every token. */
export type LossOn = "assistant" | "last" | "all";

export interface SuperviseOptions {
  readonly tokenizer: Tokenizer;
  /** Needed for messages; the error of its absence otherwise. */
  readonly template: ChatTemplate | Error;
  /** Tokens of a sequence: conversations are cut there, texts go on in the next. */
  readonly maxLength: number;
  /** Default "assistant". */
  readonly lossOn?: LossOn;
  /** An empty thinking block at the beginning of an answer is not learned (default false). */
  readonly ignoreEmptyThink?: boolean;
  /**
   * Makes the sequences of texts and repositories (`createFim`). Without it texts are encoded as
   * they are, and repositories shown file by file.
   */
  readonly textTokens?: (record: RawRecord) => readonly (readonly number[])[];
}

export interface Samples {
  readonly sequences: Sequence[];
  readonly tokens: number;
  /** Tokens that count in the loss. */
  readonly learned: number;
  /** Conversations cut at the longest length. */
  readonly cut: number;
}

/** Kinds whose tokens are learned by next-token loss. */
export type Learnable = RecordOf<"messages" | "completion" | "text" | "repository">;

/** @throws DataError naming file and line of a row without a learned token */
export function toSamples(records: Iterable<Learnable>, options: SuperviseOptions): Samples {
  const sequences: Sequence[] = [];
  let [tokens, learned, cut] = [0, 0, 0];
  for (const record of records) {
    const made = supervise(record, options);
    for (const sequence of made.sequences) {
      sequences.push(sequence);
      tokens += sequence.tokens.length;
      learned += learnedIn(sequence);
    }
    cut += made.cut;
  }
  return { sequences, tokens, learned, cut };
}

/**
 * The sequences of one record, none longer than `maxLength`.
 *
 * @returns also how many were cut
 * @throws DataError where nothing of it is learned, or the template does not render it
 */
export function supervise(
  record: Learnable,
  options: SuperviseOptions,
): { readonly sequences: Sequence[]; readonly cut: number } {
  let cut = 0;
  const sequences = sequencesOf(record, options).map((sequence) => {
    const kept = truncate(sequence, options.maxLength);
    if (kept !== sequence) cut++;
    if (learnedIn(kept) === 0) {
      const isCut = learnedIn(sequence) > 0;
      throw failure(
        record,
        "supervised",
        isCut
          ? `has nothing to learn: the answer starts after ${options.maxLength} tokens`
          : "has nothing to learn",
        isCut ? "raise data.max_length" : "give an answer, or a text of two tokens or more",
      );
    }
    const { channel, weight } = record;
    const where = placeOf(record);
    return {
      ...kept,
      where,
      ...(channel === undefined ? {} : { channel }),
      ...(weight === 1 ? {} : { weight }),
    };
  });
  return { sequences, cut };
}

const failure = (
  { file, line }: DataRecord,
  rule: Rule,
  found: string,
  fix: string,
  cause?: unknown,
): DataError => new DataError({ file, line, rule, found, fix }, { cause });

/** Learned tokens; the first of a sequence has nothing before it that could predict it. */
export function learnedIn({ learned }: Sequence): number {
  let count = 0;
  for (let t = 1; t < learned.length; t++) if (learned[t]) count++;
  return count;
}

function truncate(sequence: Sequence, length: number): Sequence {
  if (sequence.tokens.length <= length) return sequence;
  const cut = (values: ArrayLike<number>): number[] => Array.from(values).slice(0, length);
  return { tokens: cut(sequence.tokens), learned: cut(sequence.learned) };
}

function sequencesOf(record: Learnable, options: SuperviseOptions): Sequence[] {
  switch (record.kind) {
    case "text":
    case "repository":
      return textSequences(record, options);
    case "messages":
      return chatSequences(record, record.messages, 0, options);
    case "completion":
      return answerSequences(record, record.prompt, record.completion, options);
  }
}

/**
 * A text with its end token, in pieces of at most `maxLength`. Each begins with the last token of
 * the piece before, so that every token but the first is learned exactly once.
 */
function textSequences(record: RawRecord, options: SuperviseOptions): Sequence[] {
  const { maxLength } = options;
  const texts = rawTokens(record, options);
  return texts.flatMap((ids) => {
    const pieces: Sequence[] = [];
    for (let start = 0; start === 0 || start < ids.length - 1; start += maxLength - 1) {
      const tokens = ids.slice(start, start + maxLength);
      pieces.push({ tokens, learned: tokens.map(() => 1) });
    }
    return pieces;
  });
}

function rawTokens(
  record: RawRecord,
  { tokenizer, maxLength, textTokens }: SuperviseOptions,
): readonly (readonly number[])[] {
  try {
    if (textTokens) return textTokens(record);
    if (record.kind === "text") return [plainTokens(tokenizer, record.text)];
    return createFim(tokenizer, maxLength, 0, { rate: 0 })(record);
  } catch (error) {
    // A tokenizer without the marks of files or of the middle.
    const found = error instanceof Error ? error.message : String(error);
    throw failure(record, "template", found, "leave such rows out", error);
  }
}

/** Records that a chat template may render. */
type ChatRecord = Exclude<DataRecord, RawRecord>;

/** Prompt and answer, of which the answer is learned (with `lossOn` "all", both). */
function answerSequences(
  record: ChatRecord,
  prompt: Side,
  answer: Side,
  options: SuperviseOptions,
): Sequence[] {
  if (typeof prompt !== "string" && typeof answer !== "string") {
    return chatSequences(record, [...prompt, ...answer], prompt.length, options);
  }
  // Encoded apart, as at inference; the reader checked that both have the same form.
  const { tokenizer, lossOn } = options;
  const before = Array.from(tokenizer.encode(String(prompt), { specials: false }));
  const after = plainTokens(tokenizer, String(answer));
  const first = lossOn === "all" ? 1 : 0;
  return [
    { tokens: [...before, ...after], learned: [...before.map(() => first), ...after.map(() => 1)] },
  ];
}

function chatSequences(
  record: ChatRecord,
  messages: readonly ChatMessage[],
  from: number,
  { tokenizer, template, lossOn = "assistant", ignoreEmptyThink = false }: SuperviseOptions,
): Sequence[] {
  if (template instanceof Error) throw template;
  const { tools, variables } = record;
  const conversation: Conversation = { messages, tools, variables };
  try {
    return conversationSequences(conversation, {
      tokenizer,
      template,
      lossOn,
      ignoreEmptyThink,
      from,
    });
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    throw failure(record, "template", found, "change the row, or the model's template", error);
  }
}

/**
 * One sequence of a prompt and an answer to it, of which the answer is learned: what preference
 * losses compare.
 *
 * @throws DataError where the answer is cut off whole, or the template does not render it
 */
export function superviseAnswer(
  record: RecordOf<"preference" | "unpaired" | "completion">,
  answer: Side,
  options: SuperviseOptions,
): Sequence {
  const sequences = answerSequences(record, record.prompt, answer, { ...options, lossOn: "last" });
  const sequence = truncate(sequences[sequences.length - 1], options.maxLength);
  if (learnedIn(sequence) > 0) return sequence;
  const found = `has nothing to learn: the answer starts after ${options.maxLength} tokens`;
  throw failure(record, "supervised", found, "raise data.max_length");
}

/** Token ids of a prompt, up to where the assistant begins. */
export function promptTokens(
  record: RecordOf<"reward" | "preference" | "unpaired" | "completion">,
  { tokenizer, template }: Pick<SuperviseOptions, "tokenizer" | "template">,
): Int32Array {
  const { prompt, tools, variables } = record;
  if (typeof prompt === "string") return tokenizer.encode(prompt, { specials: false });
  if (template instanceof Error) throw template;
  try {
    return tokenizer.encode(template.render({ ...variables, messages: prompt, tools }));
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    throw failure(record, "template", found, "change the row, or the model's template", error);
  }
}
