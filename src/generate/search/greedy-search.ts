/** The likeliest token at each step: a beam of one, without the cost of log-probabilities. */

import { BestCandidates } from "./best-candidates.ts";
import { createNextTokens, nothingFollows } from "./next-tokens.ts";
import { likeliestOf } from "./row-scores.ts";
import { checkSearchOptions, type SearchOptions } from "./search-options.ts";
import { checkStart, type SearchStart } from "./target-session.ts";

/**
 * @returns generated tokens, the end token last: those of a beam search with one row
 * @throws Error where nothing may follow
 *
 * @example await greedySearch({ session, scores }, { eos: 2, maxLength: 16 });
 */
export async function greedySearch(
  start: SearchStart,
  options: SearchOptions,
): Promise<Int32Array> {
  const { session } = start;
  checkStart(start, "greedySearch");
  const checked = checkSearchOptions(options, session.vocabSize, "greedySearch");
  const { eos, signal } = checked;
  const nextTokens = createNextTokens(checked, session.vocabSize);
  const likeliest = new BestCandidates(1);
  const tokens: number[] = [];
  const fed = [0];
  let { scores } = start;
  for (;;) {
    signal?.throwIfAborted();
    likeliestOf(nextTokens(scores, 0, tokens, tokens.length), likeliest);
    if (likeliest.count === 0) throw nothingFollows("greedySearch", tokens.length);
    const token = likeliest.tokens[0]!;
    tokens.push(token);
    if (token === eos) return Int32Array.from(tokens);
    fed[0] = token;
    scores = await session.step(fed);
  }
}
