/** Rewards of sampled answers: functions that anyone can write, and how several make one number. */

import type { RolledAnswer } from "./roll-out.ts";

export interface RewardContext {
  /** The answer's text, thinking included, without the end token. */
  readonly text: string;
  readonly answer: RolledAnswer;
  /** The row of data that the prompt came from: whatever columns it has. */
  readonly row: Readonly<Record<string, unknown>>;
}

/** @returns a finite number; undefined where the reward does not apply to the answer */
export type RewardFunction = (
  context: RewardContext,
) => number | undefined | Promise<number | undefined>;

export interface Reward {
  readonly name: string;
  /** Default 1. */
  readonly weight?: number;
  readonly of: RewardFunction;
}

export interface RewardResult {
  /** Weighted sum of those that apply; undefined where none does. */
  readonly total: number | undefined;
  readonly parts: Readonly<Record<string, number | undefined>>;
}

/**
 * Applies all rewards to an answer.
 *
 * @throws Error naming reward and row where a function throws or gives no finite number
 */
export async function rewardOf(
  rewards: readonly Reward[],
  context: RewardContext,
): Promise<RewardResult> {
  const parts: Record<string, number | undefined> = {};
  let total: number | undefined;
  for (const { name, weight = 1, of } of rewards) {
    const value = await call(name, of, context);
    parts[name] = value;
    if (value !== undefined) total = (total ?? 0) + weight * value;
  }
  return { total, parts };
}

async function call(
  name: string,
  of: RewardFunction,
  context: RewardContext,
): Promise<number | undefined> {
  const where = `reward "${name}" of row ${JSON.stringify(context.row).slice(0, 120)}`;
  let value: number | undefined;
  try {
    value = await of(context);
  } catch (error) {
    throw new Error(`${where}: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (value === undefined || Number.isFinite(value)) return value;
  throw new Error(`${where} is ${value}, expected a finite number or undefined`);
}

/** What stands behind the last `</think>`, trimmed; the whole text where there is none. */
export function finalPart(text: string): string {
  const end = text.lastIndexOf("</think>");
  return (end < 0 ? text : text.slice(end + "</think>".length)).trim();
}

/** 1 where the final part equals a column of the row, 0 otherwise. */
export const exactMatch = (column = "answer"): Reward => ({
  name: "exact",
  of: ({ text, row }) => {
    const expected = row[column];
    if (typeof expected !== "string" && typeof expected !== "number") {
      throw new Error(`column "${column}" is ${JSON.stringify(expected)}, expected a text`);
    }
    return finalPart(text) === String(expected).trim() ? 1 : 0;
  },
});

/** 1 where the text is exactly one block of thinking and an answer behind it (Qwen3's format). */
export const thinkFormat = (weight = 1): Reward => ({
  name: "format",
  weight,
  of: ({ text }) =>
    /^\s*<think>(?:(?!<\/?think>)[\s\S])*<\/think>(?!\s*$)(?:(?!<\/?think>)[\s\S])*$/.test(text)
      ? 1
      : 0,
});

/**
 * DAPO's soft penalty for length (Yu et al. 2025, section 3.4): 0 up to `most - margin` tokens,
 * then falling to -1 at `most`.
 */
export const softOverlong = (most: number, margin: number): Reward => ({
  name: "length",
  of: ({ answer }) => {
    const over = answer.tokens.length - (most - margin);
    return over <= 0 ? 0 : -Math.min(1, over / margin);
  },
});
