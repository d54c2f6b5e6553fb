/**
 * Searching with a liar that cannot lie at will. A candidate that is one forced answer away from
 * being ruled out weighs less; with balanced questions the total falls by sqrt(5) - 1 a question.
 */

export const FREE_WEIGHT = 1;
/** (sqrt(5) - 1) / 2: the weight at which both kinds of candidates shrink at the same rate. */
export const FORCED_WEIGHT = (Math.sqrt(5) - 1) / 2;

/** What a candidate becomes under an answer; undefined if the answer rules it out. */
export type Update<Candidate> = (candidate: Candidate, answer: boolean) => Candidate | undefined;

/** The larger of both answers' total weights: what a question leaves at worst. */
export function worstWeight<Candidate>(
  candidates: readonly Candidate[],
  update: Update<Candidate>,
  weigh: (candidate: Candidate) => number,
): number {
  const totals = [true, false].map((answer) =>
    candidates.reduce((sum, candidate) => {
      const next = update(candidate, answer);
      return next === undefined ? sum : sum + weigh(next);
    }, 0),
  );
  return Math.max(...totals);
}
