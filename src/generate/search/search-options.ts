/** What every search over a target session is told. */

import type { SearchConstraint } from "./search-constraint.ts";

export interface SearchOptions {
  /** Ends a sentence. */
  readonly eos: number;
  /** Most tokens before the end token, which is then forced. */
  readonly maxLength: number;
  /** Fewest tokens before the end token (default 1). */
  readonly minLength?: number;
  /** No n tokens in a row occur twice; 0 allows it (default 0). */
  readonly noRepeatNgram?: number;
  /** Tokens before the first generated one that n-gram blocking counts too (default: none). */
  readonly prefix?: ArrayLike<number>;
  /** Ids never to choose, such as padding; they keep their share of the probability. */
  readonly banned?: readonly number[];
  /** Only what it allows is chosen. It is asked about generated tokens, without the prefix. */
  readonly constraint?: SearchConstraint | undefined;
  /** Ends the search with its reason, within one step. */
  readonly signal?: AbortSignal | undefined;
}

export type CheckedOptions = SearchOptions &
  Required<Pick<SearchOptions, "minLength" | "noRepeatNgram" | "prefix" | "banned">>;

/** Fills in what was left out. @throws RangeError for what cannot be searched for */
export function checkSearchOptions(
  options: SearchOptions,
  vocabSize: number,
  where: string,
): CheckedOptions {
  const { eos, maxLength, minLength = 1, noRepeatNgram = 0, prefix = [], banned = [] } = options;
  const check = (name: string, value: number, least: number, most: number): void => {
    if (Number.isInteger(value) && value >= least && value <= most) return;
    throw new RangeError(
      `${where}: ${name} is ${value}, expected an integer from ${least} to ${most}`,
    );
  };
  check("eos", eos, 0, vocabSize - 1);
  check("maxLength", maxLength, 0, Number.MAX_SAFE_INTEGER);
  check("minLength", minLength, 0, maxLength);
  check("noRepeatNgram", noRepeatNgram, 0, Number.MAX_SAFE_INTEGER);
  return { ...options, minLength, noRepeatNgram, prefix, banned };
}
