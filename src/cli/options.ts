/** Option values: parsed once, refused with the range that is allowed. */

import { InvalidArgumentError } from "commander";

interface Range {
  readonly min?: number;
  readonly max?: number;
}

/** Parser of a whole number within a range, for commander's option argument. */
export function integer(range: Range = {}): (text: string) => number {
  return (text) => {
    const value = /^[+-]?\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
    if (!Number.isSafeInteger(value)) throw new InvalidArgumentError("Give a whole number.");
    return inRange(value, range);
  };
}

/** Parser of a number within a range. */
export function number(range: Range = {}): (text: string) => number {
  return (text) => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    if (!Number.isFinite(value)) throw new InvalidArgumentError("Give a number.");
    return inRange(value, range);
  };
}

/** Parser of one of several words. */
export function oneOf<T extends string>(choices: readonly T[]): (text: string) => T {
  return (text) => {
    const found = choices.find((choice) => choice === text);
    if (found !== undefined) return found;
    throw new InvalidArgumentError(`Give ${choices.join(" or ")}.`);
  };
}

function inRange(value: number, { min, max }: Range): number {
  const isLow = min !== undefined && value < min;
  const isHigh = max !== undefined && value > max;
  if (!isLow && !isHigh) return value;
  const bounds =
    min !== undefined && max !== undefined
      ? `between ${min} and ${max}`
      : min !== undefined
        ? `of at least ${min}`
        : `of at most ${max}`;
  throw new InvalidArgumentError(`Give a number ${bounds}.`);
}

/** Token ids separated by commas. */
export function tokenIds(text: string): number[] {
  const parse = integer({ min: 0 });
  const parts = text.split(",").map((part) => part.trim());
  if (parts.some((part) => !/^\d+$/.test(part))) {
    throw new InvalidArgumentError("Give token ids separated by commas, such as 1,2,3.");
  }
  return parts.map(parse);
}

/** Adds an option's argument to a list: `--file a --file b`. */
export const collect = (value: string, previous: readonly string[] = []): string[] => [
  ...previous,
  value,
];
