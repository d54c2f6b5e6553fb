/**
 * Wrong options whose lengths tell nothing: how many of them are shorter than the right one is drawn
 * before anything else, each number as likely, and so is whether the right one is the nearest to
 * their mean. Neither the longest, the shortest nor the middle one is right more often than chance.
 */

import { type Random, shuffleBy } from "../../../nn/random.ts";

/** Where the right option stands among all by length. */
export interface LengthRank {
  /** How many of the three wrong ones are shorter; "equal": all are as long. */
  readonly shorter: number | "equal";
  /** Of one with shorter and longer ones beside it: no other is as near to the mean. */
  readonly isNearest: boolean;
}

const WRONG = 3;
/** Candidates whose combinations are tried. */
const MOST_TRIED = 24;

export const drawRank = (random: Random): LengthRank => ({
  shorter: random.below(WRONG + 1),
  isNearest: random.below(2) === 0,
});

/**
 * Three of `pool` that leave the right option its rank by length in each form in which options may be
 * shown; none is as long as the right one, unless all are.
 *
 * @param lengthsOf an option's length in each form
 * @param ranks for each form
 * @returns undefined where no three fit
 */
export function pickBalanced(
  right: string,
  pool: readonly string[],
  lengthsOf: (option: string) => readonly number[],
  ranks: readonly LengthRank[],
  random: Random,
): string[] | undefined {
  const own = lengthsOf(right);
  const candidates = shuffleBy([...new Set(pool)], random.below)
    .filter((option) => option !== right)
    .map((option) => ({ option, by: lengthsOf(option).map((length, form) => length - own[form]!) }))
    .filter(({ by }) => by.every((d, form) => (d === 0) === (ranks[form]!.shorter === "equal")))
    .slice(0, MOST_TRIED);
  for (let i = 0; i < candidates.length; i++) {
    for (let j = i + 1; j < candidates.length; j++) {
      for (let k = j + 1; k < candidates.length; k++) {
        const chosen = [candidates[i]!, candidates[j]!, candidates[k]!];
        const isFit = ranks.every((rank, form) =>
          hasRank(
            chosen.map(({ by }) => by[form]!),
            rank,
          ),
        );
        if (isFit) return chosen.map(({ option }) => option);
      }
    }
  }
  return undefined;
}

/** @param by how much longer the wrong options are than the right one */
function hasRank(by: readonly number[], { shorter, isNearest }: LengthRank): boolean {
  if (shorter === "equal") return true;
  if (by.filter((d) => d < 0).length !== shorter) return false;
  if (shorter === 0 || shorter === WRONG) return true; // the ends are never the nearest
  const mean = by.reduce((sum, d) => sum + d, 0) / (WRONG + 1);
  const lead = Math.min(...by.map((d) => Math.abs(d - mean))) - Math.abs(mean);
  return isNearest ? lead > 0 : lead < 0;
}
