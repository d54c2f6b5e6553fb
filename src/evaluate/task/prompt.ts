/** How questions, examples and answers join to a prompt: the rules of lm-evaluation-harness 0.4.13. */

import type { ChatMessage } from "../../media/text/index.ts";

/** A question, and the answer where it is an example. */
export interface Turn {
  readonly question: string;
  readonly answer?: string;
  /** What the answer begins with ("The answer is"): given to the model. */
  readonly prefix?: string;
}

export interface PromptStyle {
  /** Before everything, as a system message in chats. */
  readonly description: string;
  /** Between a question and its answer. */
  readonly targetDelimiter: string;
  /** Behind each example. */
  readonly fewshotDelimiter: string;
}

interface Piece {
  readonly role: "system" | "user" | "assistant";
  readonly text: string;
  /** Follows in plain text; chats have their own borders. */
  readonly delimiter: string;
}

const hasGap = (before: string, after: string): boolean => /\s$/.test(before) || /^\s/.test(after);

/** The pieces of one turn. */
function piecesOf(
  { question, answer, prefix = "" }: Turn,
  { targetDelimiter, fewshotDelimiter }: PromptStyle,
): Piece[] {
  const hasAnswer = answer !== undefined && answer !== "";
  const needsGap = question !== "" && prefix !== "" && !hasGap(question, prefix);
  const isDelimited = prefix === "" ? hasAnswer : needsGap;
  const delimiter = isDelimited ? targetDelimiter : "";
  const user: Piece = { role: "user", text: question, delimiter };
  if (hasAnswer) {
    const gap = prefix !== "" && !hasGap(prefix, answer) ? " " : "";
    const text = prefix + gap + answer;
    return [user, { role: "assistant", text, delimiter: fewshotDelimiter }];
  }
  return prefix ? [user, { role: "assistant", text: prefix, delimiter: "" }] : [user];
}

function allPieces(style: PromptStyle, examples: readonly Turn[], turn: Turn): Piece[] {
  const before = examples.flatMap((example) => piecesOf(example, style));
  const { description } = style;
  const system: Piece[] = description ? [{ role: "system", text: description, delimiter: "" }] : [];
  return [...system, ...before, ...piecesOf(turn, { ...style, fewshotDelimiter: "" })];
}

/** The prompt as one text. */
export const textPrompt = (style: PromptStyle, examples: readonly Turn[], turn: Turn): string =>
  allPieces(style, examples, turn)
    .map(({ text, delimiter }) => text + delimiter)
    .join("");

/**
 * The prompt as a conversation.
 *
 * @param isMultiturn every example is a message and its answer; otherwise all of them stand in one
 *   message before the question
 */
export function chatPrompt(
  style: PromptStyle,
  examples: readonly Turn[],
  turn: Turn,
  isMultiturn: boolean,
): ChatMessage[] {
  const pieces = allPieces(style, examples, turn);
  const toMessage = ({ role, text }: Piece): ChatMessage => ({ role, content: text });
  if (isMultiturn) return pieces.map(toMessage);
  const system = pieces.filter(({ role }) => role === "system");
  const rest = pieces.slice(system.length);
  const opening = rest.at(-1)!.role === "assistant" ? rest.slice(-1) : [];
  const asked = rest.slice(0, rest.length - opening.length);
  const text = asked
    .map((piece, i) => piece.text + (i < asked.length - 1 ? piece.delimiter : ""))
    .join("");
  return [...system.map(toMessage), { role: "user", content: text }, ...opening.map(toMessage)];
}

/** What stands between the prompt and a continuation whose likelihood is asked for. */
export function continuationDelimiter(
  { targetDelimiter }: PromptStyle,
  prefix: string | undefined,
  isChat: boolean,
): string {
  if (!isChat) return targetDelimiter;
  return prefix && !/\s$/.test(prefix) ? targetDelimiter : "";
}
