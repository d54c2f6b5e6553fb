/** The letter that an answer decides for. */

import { INVALID, letterOf } from "../task/filters.ts";

/**
 * The last "the answer is X" or 答案是X, else a boxed letter, else the only line that is a letter,
 * else the only choice whose text stands in the answer. A letter to H may lie outside the choices.
 *
 * @returns a letter, or "[invalid]"
 * @example answerLetter("So the answer is **B**.", ["a cat", "a dog"]) // "B"
 */
export function answerLetter(answer: string, choices: readonly string[]): string {
  const found = lastOf(answer, SAID) ?? lastOf(answer, BOXED);
  if (found) return found;
  const alone = answer
    .split("\n")
    .flatMap((line) => /^[^\p{L}\p{N}]*([A-H])[^\p{L}\p{N}]*$/u.exec(line)?.[1] ?? []);
  if (new Set(alone).size === 1) return alone[0]!;
  const named = [...choices.keys()].filter((i) => answer.includes(choices[i]!.trim()));
  return named.length === 1 ? letterOf(named[0]!) : INVALID;
}

const SAID =
  /(?:[Aa]nswer\s+is|ANSWER\s+IS|[Aa]nswer:|答案是|答案为|答案：|选)[^A-Za-z0-9]{0,8}([A-H])(?![A-Za-z])/g;
const BOXED = /\\boxed\{\W{0,8}([A-H])\W{0,8}\}/g;

const lastOf = (text: string, pattern: RegExp): string | undefined =>
  [...text.matchAll(pattern)].at(-1)?.[1];
