/**
 * Repeated random sequences. A small model learns to copy from its context late, and most skills
 * wait for it. On sequences that are nothing but a repetition, of few different tokens, the
 * circuit for it (an induction head, Olsson et al. 2022) forms within a few hundred steps; over
 * the whole vocabulary it would take many times as long. So the run begins with characters
 * alone, goes on to all tokens and numbers, and then to the examples.
 */

import type { Tokenizer } from "../../src/media/text/index.ts";
import type { Sequence } from "../../src/train/batches.ts";
import { createRandom, type Random } from "./random.ts";

/** Pools that hold nothing but repeated characters. */
const CHARACTER_POOLS = 8;
const CHARACTERS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+-*/=:,.?!|";

/** Share of repetitions in pool k. */
export const copyShare = (k: number): number =>
  k < CHARACTER_POOLS ? 1 : k < 14 ? 0.5 : k < 40 ? 0.15 : 0.03;

/** `n` sequences of 6 to 32 random tokens said twice, for pool k; the second saying is learned. */
export function copySequences(k: number, n: number, tokenizer: Tokenizer): Sequence[] {
  const random = createRandom(`copies/${k}`);
  const characters = Array.from(CHARACTERS, (c) => tokenizer.encode(c)[0]!);
  const ordinary = tokenizer.vocabSize - 5; // The control tokens come last.
  return Array.from({ length: n }, () => {
    const once =
      k < CHARACTER_POOLS
        ? some(random, () => random.pick(characters))
        : random.chance(0.5)
          ? some(random, () => random.int(0, ordinary - 1))
          : numbers(random, tokenizer);
    // What opens the second saying cannot be known; from its second token on it can.
    const learned = [...once.map(() => 0), 0, ...once.slice(1).map(() => 1)];
    return { tokens: [...once, ...once], learned };
  });
}

const some = (random: Random, draw: () => number): number[] =>
  Array.from({ length: random.int(6, 32) }, draw);

/** Numbers of one to three digits: the same few tokens again and again, so context must decide. */
function numbers(random: Random, tokenizer: Tokenizer): number[] {
  const separator = random.pick([" ", ",", "+", "，", ", "]);
  const list = Array.from({ length: random.int(3, 8) }, () => random.int(0, 999));
  return Array.from(tokenizer.encode(`${list.join(separator)}${separator}`));
}
