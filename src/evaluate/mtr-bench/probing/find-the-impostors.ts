/** FindTheImpostors: find who lies from majorities of three. */

import { bestQuery } from "../belief.ts";
import { byLevel, pick, popcount, range, sample, span } from "../draw.ts";
import { defineTask, live, refuse, won } from "../task.ts";

interface View {
  readonly paper?: true;
  readonly n: number;
}

/** Bit i: player i + 1 is an impostor. */
type Mask = number;

const ofThree = (mask: Mask, trio: readonly number[]): number =>
  trio.filter((i) => mask & (1 << (i - 1))).length >= 2 ? 0 : 1;

const worlds = (n: number): Mask[] =>
  range(2 ** n).filter((m) => 3 * popcount(m) >= n && 3 * popcount(m) <= 2 * n);

const membersOf = (mask: Mask, n: number): number[] =>
  span(1, n).filter((i) => mask & (1 << (i - 1)));

const triosOf = (n: number): number[][] =>
  span(1, n).flatMap((i) => span(i + 1, n).flatMap((j) => span(j + 1, n).map((k) => [i, j, k])));

export const findTheImpostors = defineTask<View, Mask>({
  name: "FindTheImpostors",
  class: "IP",
  goal: "the impostors among n players, by majorities of three",
  verbs: ["My Query", "My Answer"],
  forms: ["My Query: a, b, c", "My Answer: i, j, ..."],
  budget: { easy: 10, medium: 14, hard: 18 },
  bound: "at least 6/9/12 queries (bits); the reference player asks the trio of highest entropy",
  fixes: ["the budget leaves room above the information bound at every level"],
  generate(random, level) {
    const n = byLevel(level, 6, 9, 12);
    return { view: { n }, state: pick(random, worlds(n)) };
  },
  rules: ({ n }) =>
    `Among players 1 to ${n} are impostors: at least ${Math.ceil(n / 3)} and at most ${Math.floor((2 * n) / 3)}. Find all of them.
A query names three different players; I answer 0 if at least two of them are impostors, else 1.
An answer lists exactly the impostors. A wrong one costs a turn.`,
  step({ n, paper }, mask, { verb, numbers }) {
    const areDistinct = new Set(numbers).size === numbers.length;
    if (numbers.length === 0 || !areDistinct || numbers.some((i) => i < 1 || i > n)) {
      return refuse(`players are different numbers of 1 to ${n}`);
    }
    if (verb === "My Query") {
      if (numbers.length !== 3) return refuse("a query takes three players");
      return live(mask, String(ofThree(mask, numbers)));
    }
    const named = numbers.reduce((sum, i) => sum + (1 << (i - 1)), 0);
    if (named === mask) return won(mask, paper ? "1" : undefined);
    return live(mask, paper ? "0" : "Incorrect");
  },
  *oracle({ n }, random) {
    let masks = worlds(n);
    while (masks.length > 1) {
      const trio = bestQuery(masks, triosOf(n), ofThree, random);
      const answer = Number(yield `My Query: ${trio.join(", ")}`);
      masks = masks.filter((mask) => ofThree(mask, trio) === answer);
    }
    yield `My Answer: ${membersOf(masks[0], n).join(", ")}`;
  },
  guess({ n }, _, random) {
    if (random.below(2)) return `My Query: ${sample(random, span(1, n), 3).join(", ")}`;
    return `My Answer: ${membersOf(pick(random, worlds(n)), n).join(", ")}`;
  },
  candidates: ({ n }) => worlds(n),
  fromPaper(line) {
    const digits = [...line.text("answer")]; // a 0 is an impostor
    const mask = digits.reduce((sum, d, i) => sum + (d === "0" ? 1 << i : 0), 0);
    return { view: { n: digits.length, paper: true }, state: mask };
  },
});
