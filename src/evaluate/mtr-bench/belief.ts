/** Choosing what to ask when everything that may still be true can be listed. */

import type { Random } from "../../nn/random.ts";
import { range } from "./draw.ts";

const MOST_SCORED = 600;

/**
 * The query whose answer is least predictable: of highest entropy over the candidates (over some
 * of them, drawn by `random`, where there are many).
 */
export function bestQuery<Candidate, Query>(
  candidates: readonly Candidate[],
  queries: readonly Query[],
  answer: (candidate: Candidate, query: Query) => number | string,
  random: Random,
): Query {
  const scored =
    candidates.length <= MOST_SCORED
      ? candidates
      : range(MOST_SCORED).map(() => candidates[random.below(candidates.length)]);
  let best = queries[0];
  let most = -1;
  for (const query of queries) {
    const bits = entropy(scored.map((candidate) => answer(candidate, query)));
    if (bits > most + 1e-9) [best, most] = [query, bits];
  }
  return best;
}

/** Entropy in bits of the distribution of `answers`. */
export function entropy(answers: readonly (number | string)[]): number {
  const counts = new Map<number | string, number>();
  for (const a of answers) counts.set(a, (counts.get(a) ?? 0) + 1);
  let bits = 0;
  for (const n of counts.values()) bits -= (n / answers.length) * Math.log2(n / answers.length);
  return bits;
}
