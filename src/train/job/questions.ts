/** Held-out rows as prompts, with the answers that are expected. */

import type { ChatTemplate, Tokenizer } from "../../media/text/index.ts";
import type { DataRecord, Side } from "../data/record.ts";
import { promptTokens } from "../data/supervise.ts";

export interface Question {
  readonly prompt: ArrayLike<number>;
  /** Undefined where the row names no single right answer. */
  readonly expected?: string;
  /** The row's columns, for rewards. */
  readonly row: Readonly<Record<string, unknown>>;
}

/** Tokens of a plain text that are shown. */
const SHOWN = 32;

export function questionsOf(
  rows: readonly DataRecord[],
  options: { readonly tokenizer: Tokenizer; readonly template: ChatTemplate | Error },
): Question[] {
  const { tokenizer } = options;
  return rows.flatMap((row): Question[] => {
    switch (row.kind) {
      case "text": {
        const ids = tokenizer.encode(row.text, { specials: false });
        return [{ prompt: ids.slice(0, Math.max(1, Math.min(SHOWN, ids.length >> 1))), row: {} }];
      }
      case "repository":
        return [];
      case "messages": {
        const { messages } = row;
        const last = messages.findLastIndex(({ role }) => role === "assistant");
        if (last < 1) return [];
        const prompt = promptTokens(
          { ...row, kind: "reward", prompt: messages.slice(0, last), columns: {} },
          options,
        );
        return [{ prompt, ...expect(messages.slice(last)), row: {} }];
      }
      case "completion":
        return [{ prompt: promptTokens(row, options), ...expect(row.completion), row: {} }];
      case "reward":
        return [{ prompt: promptTokens(row, options), row: row.columns }];
      default:
        return [{ prompt: promptTokens(row, options), row: {} }];
    }
  });
}

function expect(side: Side): { readonly expected?: string } {
  if (typeof side === "string") return { expected: side.trim() };
  const content = side.find(({ role }) => role === "assistant")?.content;
  return typeof content === "string" ? { expected: content.trim() } : {};
}
