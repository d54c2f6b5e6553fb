/** One answer of a model, from a stream of pieces to the screen. */

import { type Io, writeJson } from "./io.ts";
import { createPaint } from "./render.ts";

export interface Message {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
  /** Thinking of an assistant message, under the name chat templates use. */
  readonly reasoning_content?: string;
}

export interface AnswerEnd {
  readonly kind: "end";
  readonly finishReason: "stop" | "length" | "cancelled";
  readonly promptTokens: number;
  /** Tokens generated, thinking included. */
  readonly tokens: number;
  /** From the first generated token to the last. */
  readonly seconds: number;
}

/** What a model says, in order: thinking (if any), text, and one end. */
export type AnswerPiece =
  | { readonly kind: "thinking"; readonly text: string }
  | { readonly kind: "text"; readonly text: string }
  | AnswerEnd;

export interface AnswerRequest {
  readonly messages: readonly Message[];
  /** undefined leaves it to the chat template. */
  readonly thinking: boolean | undefined;
  readonly signal: AbortSignal;
}

/** A loaded model as the chat sees it. */
export interface Answerer {
  answer(request: AnswerRequest): AsyncIterable<AnswerPiece>;
}

export interface Answer {
  readonly text: string;
  readonly thinking: string;
  readonly end: AnswerEnd | undefined;
}

/**
 * Prints pieces as they come. A terminal also sees the thinking, dimmed, and the speed; a pipe
 * gets the text alone, so that `onefold run MODEL "..." > file` keeps just the answer; with
 * `json` it is one object a line, thinking included, when the answer is complete.
 */
export async function printAnswer(
  io: Io,
  pieces: AsyncIterable<AnswerPiece>,
  { prompt, json }: { readonly prompt: string; readonly json: boolean },
): Promise<Answer> {
  const isTerminal = io.stdout.isTTY === true && !json;
  const paint = createPaint(io.stdout, io.env);
  let text = "";
  let thinking = "";
  let end: AnswerEnd | undefined;
  for await (const piece of pieces) {
    if (piece.kind === "end") end = piece;
    else if (piece.kind === "thinking") {
      thinking += piece.text;
      if (isTerminal) io.stdout.write(paint.dim(piece.text));
    } else {
      if (isTerminal && thinking && !text) io.stdout.write("\n\n");
      text += piece.text;
      if (!json) io.stdout.write(piece.text);
    }
  }
  if (json) {
    const { kind, ...numbers } = end ?? { kind: "end" };
    await writeJson(io, { prompt, thinking, text, ...numbers });
  } else if (!text.endsWith("\n")) io.stdout.write("\n");
  if (isTerminal && end) io.stderr.write(`${paint.dim(describeEnd(end))}\n`);
  return { text, thinking, end };
}

/** @example "34 tokens, 52.1 tokens/s" */
export function describeEnd({ tokens, seconds, finishReason }: AnswerEnd): string {
  const speed =
    seconds > 0 && tokens > 1 ? `, ${((tokens - 1) / seconds).toFixed(1)} tokens/s` : "";
  const reasons = { stop: "", length: ", cut at the token limit", cancelled: ", stopped" };
  return `${tokens} ${tokens === 1 ? "token" : "tokens"}${speed}${reasons[finishReason]}`;
}
