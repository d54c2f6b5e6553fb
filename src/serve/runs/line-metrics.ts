/** A line of metrics.jsonl or evaluations.jsonl as a bucket of its own. */

import { isObject } from "../../checkpoint/json.ts";
import type { Bucket, Spread } from "./buckets.ts";

/** What a file made of other names may cost. */
const MOST_NAMES = 100;
const MOST_LETTERS = 100;

/** @returns undefined where the line is not an object with a step */
export function lineBucket(line: string): Bucket | undefined {
  const row = parseObject(line);
  if (!row || !isNumber(row.step)) return undefined;
  const values = new Map<string, Spread>();
  const add = (name: string, value: unknown): void => {
    if (!isNumber(value) || values.size >= MOST_NAMES || name.length > MOST_LETTERS) return;
    values.set(name, { count: 1, mean: value, low: value, high: value });
  };
  for (const [name, value] of Object.entries(row)) if (name !== "step") add(name, value);
  if (isObject(row.metrics))
    for (const [name, value] of Object.entries(row.metrics)) add(name, value);
  const tokens = isNumber(row.tokens) ? row.tokens : 0;
  return { lines: 1, step: row.step, tokens, seconds: secondsOf(row, tokens), values };
}

/** A line tells its rate; older and foreign ones perhaps the parts of its time. */
function secondsOf(row: Readonly<Record<string, unknown>>, tokens: number): number {
  const { tokensPerSecond: rate, gradientSeconds, optimizerSeconds } = row;
  if (isNumber(rate) && rate > 0) return tokens / rate;
  const parts = [gradientSeconds, optimizerSeconds].filter(isNumber);
  return parts.reduce((sum, part) => sum + part, 0);
}

export function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export const isNumber = (value: unknown): value is number =>
  typeof value === "number" && Number.isFinite(value);
