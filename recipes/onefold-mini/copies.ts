/**
 * Repeated random sequences. A small model learns to copy from its context late, and most skills
 * wait for it; on sequences that are nothing but a repetition the circuit for it (an induction
 * head, Olsson et al. 2022) forms early. The share falls as training goes on.
 */

import type { Tokenizer } from "../../src/media/text/index.ts";
import type { Sequence } from "../../src/train/batches.ts";
import { createRandom, type Random } from "./random.ts";

/** Share of copies in pool k. */
export const copyShare = (k: number): number => (k < 12 ? 0.5 : k < 30 ? 0.2 : 0.04);

/** `n` sequences of 6 to 32 random tokens said twice; the second saying is learned. */
export function copySequences(seed: string, n: number, tokenizer: Tokenizer): Sequence[] {
  const random = createRandom(`copies/${seed}`);
  return Array.from({ length: n }, () => {
    const once = random.chance(0.5) ? anyTokens(random, tokenizer) : numbers(random, tokenizer);
    // What opens the second saying cannot be known; from its second token on it can.
    const learned = [...once.map(() => 0), 0, ...once.slice(1).map(() => 1)];
    return { tokens: [...once, ...once], learned };
  });
}

const anyTokens = (random: Random, tokenizer: Tokenizer): number[] =>
  Array.from({ length: random.int(6, 32) }, () => random.int(0, tokenizer.vocabSize - 6));

/** Numbers of one to three digits: the same few tokens again and again, so context must decide. */
function numbers(random: Random, tokenizer: Tokenizer): number[] {
  const separator = random.pick([" ", ",", "+", "，", ", "]);
  const list = Array.from({ length: random.int(3, 8) }, () => random.int(0, 999));
  return Array.from(tokenizer.encode(`${list.join(separator)}${separator}`));
}
