/**
 * A generated language for small studies of attention: endless, free of licences, the same on
 * every machine. Its words follow each other as in a bigram model; a COPY mark is followed by the
 * word before it (the bigram-backcopy task of Guo et al., "Active-Dormant Attention Heads",
 * arXiv 2410.13835, in which sinks form early: most of the time a copying head has nothing to do);
 * DEF k v says something that ASK k, perhaps much later, is answered with.
 */

import { createRandom, type Random } from "../../src/nn/random.ts";
import { type MicroBatch, microBatch } from "../../src/train/index.ts";

export const VOCABULARY = 64;
const [BOS, COPY, DEF, ASK, FIRST_WORD] = [0, 1, 2, 3, 4];
const WORDS = VOCABULARY - FIRST_WORD;
const SUCCESSORS = 6;
const SHARES = { copy: 0.08, define: 0.06, ask: 0.06 };

/** Successors of each word, likeliest first (weights 1, 1/2, 1/3, …): one language for all. */
const successors: readonly (readonly number[])[] = (() => {
  const random = createRandom(2025, "copy language");
  return Array.from({ length: WORDS }, () =>
    Array.from({ length: SUCCESSORS }, () => FIRST_WORD + random.below(WORDS)),
  );
})();
const TOTAL = Array.from({ length: SUCCESSORS }, (_, i) => 1 / (i + 1)).reduce((a, b) => a + b);

function follow(word: number, random: Random): number {
  let at = random.uniform() * TOTAL;
  const choices = successors[word - FIRST_WORD];
  for (let i = 0; i < SUCCESSORS; i++) {
    at -= 1 / (i + 1);
    if (at < 0) return choices[i];
  }
  return choices[SUCCESSORS - 1];
}

/** A document of exactly `length` tokens, the first of them BOS. */
export function document(length: number, random: Random): number[] {
  const anyWord = (): number => FIRST_WORD + random.below(WORDS);
  const known: [key: number, value: number][] = [];
  let word = anyWord();
  const tokens = [BOS, word];
  while (tokens.length < length) {
    const choice = random.uniform();
    if (choice < SHARES.copy) {
      tokens.push(COPY, word);
    } else if (choice < SHARES.copy + SHARES.define) {
      const pair: [number, number] = [anyWord(), anyWord()];
      // The latest definition of a key counts.
      const old = known.findIndex(([key]) => key === pair[0]);
      if (old >= 0) known.splice(old, 1);
      known.push(pair);
      word = pair[1];
      tokens.push(DEF, ...pair);
    } else if (choice < SHARES.copy + SHARES.define + SHARES.ask && known.length > 0) {
      const pair = known[random.below(known.length)];
      word = pair[1];
      tokens.push(ASK, ...pair);
    } else {
      word = follow(word, random);
      tokens.push(word);
    }
  }
  return tokens.slice(0, length);
}

/** Documents of one stream: other names and seeds give others. */
export function documents(count: number, length: number, seed: number, stream: string): number[][] {
  const random = createRandom(seed, stream);
  return Array.from({ length: count }, () => document(length, random));
}

/** Documents as a batch in which every token is predicted from those before it. */
export const batchOf = (docs: readonly (readonly number[])[]): MicroBatch =>
  microBatch(docs.map((tokens) => ({ tokens, learned: tokens.map(() => 1) })));
