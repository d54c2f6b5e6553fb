/** Rewards that a program computes: right, in the mode that was asked for, not too long. */

import { type Reward, softOverlong } from "../../src/train/index.ts";
import { grade, visibleReply } from "../onefold-mini/grade.ts";
import type { Expect, Mode } from "../onefold-mini/types.ts";

/** Most tokens of an answer, thinking included. */
export const MOST_TOKENS = 192;

/**
 * Whether a reply thinks as it was told to: a block of thinking by default and after "/think",
 * an empty one after "/no_think", and none where the prompt already holds an empty one.
 */
export function obeys(mode: Mode, text: string): boolean {
  if (mode === "disabled") return !text.includes("<think>");
  const block = /^\s*<think>([\s\S]*?)<\/think>/.exec(text);
  return block !== null && (block[1]!.trim() !== "") === (mode !== "/no_think");
}

export const isRight = (expect: Expect, text: string): boolean => grade(expect, visibleReply(text));

/** 1 for an answer that the skill's grader takes. Rows come from `toPrompt`. */
export const right: Reward = {
  name: "right",
  of: ({ text, row }) => (isRight(row.expect as Expect, text) ? 1 : 0),
};

export const obedient: Reward = {
  name: "mode",
  weight: 0.2,
  of: ({ text, row }) => (obeys(row.mode as Mode, text) ? 1 : 0),
};

export const short: Reward = { ...softOverlong(MOST_TOKENS, 32), weight: 0.2 };
