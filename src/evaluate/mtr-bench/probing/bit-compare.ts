/** BitCompare: find two positions of a permutation whose values have the largest XOR. */

import { byLevel, permutationsOf, range, shuffled, span } from "../draw.ts";
import { defineTask, live, refuse, won } from "../task.ts";

interface View {
  readonly n: number;
}

export const bitCompare = defineTask<View, readonly number[]>({
  name: "BitCompare",
  class: "IP",
  goal: "the pair of a permutation with the largest XOR, by comparing ORs",
  verbs: ["My Query", "My Answer"],
  forms: ["My Query: a b c d", "My Answer: i j"],
  budget: { easy: 10, medium: 16, hard: 22 },
  bound: "3n - 6 queries: the maximum, its partners by OR, the smallest of those",
  fixes: ["the budget covers the worst case; the published 10 rounds do not"],
  generate(random, level) {
    const n = byLevel(level, 5, 7, 9);
    return { view: { n }, state: shuffled(random, range(n)) };
  },
  rules: ({ n }) =>
    `I hold a permutation p of the numbers 0 to ${n - 1} at positions 0 to ${n - 1}. Find two positions i and j with the largest p[i] XOR p[j].
A query of four positions a b c d (they may repeat) compares p[a] OR p[b] with p[c] OR p[d]; I answer <, = or >.
A wrong answer costs a turn and does not end the game.`,
  step({ n }, p, { verb, numbers }) {
    if (numbers.some((i) => i < 0 || i >= n)) return refuse(`positions go from 0 to ${n - 1}`);
    const [a, b, c, d] = numbers;
    if (verb === "My Query") {
      if (numbers.length !== 4) return refuse("a query takes four positions");
      const difference = (p[a] | p[b]) - (p[c] | p[d]);
      return live(p, difference < 0 ? "<" : difference > 0 ? ">" : "=");
    }
    if (numbers.length !== 2) return refuse("an answer takes two positions");
    const largest = Math.max(...p.flatMap((x) => p.map((y) => x ^ y)));
    return (p[a] ^ p[b]) === largest ? won(p) : live(p, "Incorrect");
  },
  *oracle({ n }) {
    let max = 0;
    for (const i of span(1, n - 1)) {
      if ((yield `My Query: ${max} ${max} ${i} ${i}`) === "<") max = i;
    }
    // max | x is largest for those x that fill the zeros of max ...
    let partners: number[] = [];
    for (const i of range(n)) {
      if (i === max) continue;
      const sign = partners.length > 0 ? yield `My Query: ${max} ${partners[0]} ${max} ${i}` : "<";
      if (sign === "<") partners = [i];
      else if (sign === "=") partners.push(i);
    }
    // ... and the smallest of them shares no bit with it.
    let least = partners[0];
    for (const i of partners.slice(1)) {
      if ((yield `My Query: ${least} ${least} ${i} ${i}`) === ">") least = i;
    }
    yield `My Answer: ${max} ${least}`;
  },
  guess({ n }, _, random) {
    const [a, b, c, d] = range(4).map(() => random.below(n));
    return random.below(2) ? `My Query: ${a} ${b} ${c} ${d}` : `My Answer: ${a} ${b}`;
  },
  candidates: ({ n }) => (n <= 7 ? permutationsOf(range(n)) : []),
  fromPaper: (line) => ({ view: { n: line.number("scale") }, state: line.numbers("list") }),
});
