/** Thinking cut to a budget: what is fed in the model's place when it is spent. */

import type { Tokenizer } from "../media/text/types.ts";
import { EMPTY_BLOCK_END, type ThinkingStart } from "./thinking.ts";

/**
 * What ends a thinking block at its budget: the sentence of Qwen3's own script
 * (docs/source/getting_started/thinking_budget.md), on which the model goes on to its answer.
 */
export const BUDGET_TEXT =
  "\n\nConsidering the limited time by the user, I have to give the solution based on the " +
  "thinking directly now.\n</think>\n\n";

export interface ThinkingBudget {
  /** Counts a token; true when the block has to be closed now. */
  isSpent(isThinking: boolean): boolean;
}

/** @param tokens most tokens after `<think>` */
export function createThinkingBudget(tokens: number, start: ThinkingStart): ThinkingBudget {
  let used = 0;
  let wasThinking = start === "open";
  return {
    isSpent(isThinking) {
      // The token that completes `<think>` is not part of the block.
      if (isThinking && wasThinking) used++;
      wasThinking = isThinking;
      return isThinking && used >= tokens;
    },
  };
}

export interface ThinkingCloserOptions {
  /** Most tokens of thinking; undefined: no limit. */
  readonly thinkingBudget: number | undefined;
  readonly start: ThinkingStart;
  readonly tokenizer: Tokenizer;
  /** Most tokens of the whole answer. */
  readonly room: number;
}

/**
 * Asked after each token: what closes the thinking block when its budget is spent.
 *
 * @param isThinking whether the text so far ends inside the block
 * @throws RangeError where the budget leaves nothing for the answer
 */
export function createThinkingCloser(
  { thinkingBudget, start, tokenizer, room }: ThinkingCloserOptions,
  isThinking: () => boolean,
): () => Int32Array | undefined {
  if (thinkingBudget === undefined || start === "closed") return () => undefined;
  if (!Number.isInteger(thinkingBudget) || thinkingBudget < 0) {
    throw new RangeError(`thinkingBudget must be an integer of at least 0, is ${thinkingBudget}`);
  }
  const closing = tokenizer.encode(thinkingBudget === 0 ? EMPTY_BLOCK_END : BUDGET_TEXT);
  const needed = thinkingBudget + closing.length;
  if (room <= needed) {
    throw new RangeError(
      `a thinking budget of ${thinkingBudget} tokens and ${closing.length} that end the thinking ` +
        `leave none of ${room} for the answer; allow more than ${needed} tokens, or think less`,
    );
  }
  const budget = createThinkingBudget(thinkingBudget, start);
  return () => (budget.isSpent(isThinking()) ? closing : undefined);
}
