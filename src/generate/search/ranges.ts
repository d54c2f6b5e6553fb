/** Constraints for blocks of a shared vocabulary: image codes, location bins. */

import type { SearchConstraint, TokenRanges } from "./search-constraint.ts";

/** Ids from `first` up to before `end`. */
export interface TokenBlock {
  readonly first: number;
  readonly end: number;
}

/**
 * Only ids of a block, or the end. A fixed number of them is a matter of `minLength` and
 * `maxLength`. Probabilities add up to 1 over the block and the end token (OFA's
 * `constraint_range`, which keeps the four special ids).
 *
 * @example
 * const codes = onlyBlock({ first: 50_265, end: 58_457 }, 2);
 * await beamSearch(start, { eos: 2, minLength: 1024, maxLength: 1024, constraint: codes });
 */
export function onlyBlock(block: TokenBlock, eos: number): SearchConstraint {
  const ranges = withEnd(block, eos);
  return { normalizeOver: "allowed", allowed: () => ranges };
}

export interface BoxModeOptions {
  /** Location bins; a box is four of them. */
  readonly bins: TokenBlock;
  /** With it, one of these follows each box: its label. */
  readonly labels?: TokenBlock;
  readonly eos: number;
}

/**
 * Boxes one behind the other: four bins each, then a label where there are labels (OFA's `gen_box`,
 * in which every fifth token is text). The end may come behind any whole box; OFA has it at
 * `maxLength` alone, as `minLength` equal to it does here. Log-probabilities are the model's own.
 */
export function boxMode({ bins, labels, eos }: BoxModeOptions): SearchConstraint {
  const inside = [bins.first, bins.end];
  const between = withEnd(bins, eos);
  const label = labels && [labels.first, labels.end];
  const period = labels ? 5 : 4;
  return {
    normalizeOver: "vocabulary",
    allowed(_, length) {
      const at = length % period;
      if (at === 4 && label) return label;
      return at === 0 && length > 0 ? between : inside;
    },
  };
}

/** @throws RangeError where the end token lies in the block */
function withEnd({ first, end }: TokenBlock, eos: number): TokenRanges {
  if (eos < first) return [eos, eos + 1, first, end];
  if (eos >= end) return [first, end, eos, eos + 1];
  throw new RangeError(
    `the end token ${eos} lies in the block from ${first} to ${end - 1}, expected it outside`,
  );
}
