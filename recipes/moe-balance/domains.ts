/** Generated text of several domains: the same words, which follow each other in other ways. */

import { createRandom, type Random } from "../../src/nn/random.ts";
import { VOCABULARY } from "../shared/copy-language.ts";

export const DOMAINS = 4;
const SUCCESSORS = 4;
/** Token 0 begins every document, whatever its domain. */
const FIRST_WORD = 1;
const WORDS = VOCABULARY - FIRST_WORD;

/** [domains][words][successors], one language for all seeds. */
const tables: readonly (readonly (readonly number[])[])[] = Array.from(
  { length: DOMAINS },
  (_, domain) => {
    const random = createRandom(2025, `domain ${domain}`);
    return Array.from({ length: WORDS }, () =>
      Array.from({ length: SUCCESSORS }, () => FIRST_WORD + random.below(WORDS)),
    );
  },
);

/** A document of exactly `length` tokens of a domain. */
export function domainDocument(domain: number, length: number, random: Random): number[] {
  let word = FIRST_WORD + random.below(WORDS);
  const tokens = [0, word];
  while (tokens.length < length) {
    const choices = tables[domain]![word - FIRST_WORD]!;
    // The first successor follows half the time, the second a quarter, and so on.
    let at = 0;
    while (at < SUCCESSORS - 1 && random.uniform() < 0.5) at++;
    word = choices[at]!;
    tokens.push(word);
  }
  return tokens;
}

export function domainDocuments(
  domain: number,
  count: number,
  length: number,
  seed: number,
  stream: string,
): number[][] {
  const random = createRandom(seed, `${stream} domain ${domain}`);
  return Array.from({ length: count }, () => domainDocument(domain, length, random));
}
