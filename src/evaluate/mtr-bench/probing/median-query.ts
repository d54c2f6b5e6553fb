/** MedianQuery: positions of the two middle values of a permutation. */

import { bestQuery } from "../belief.ts";
import { integersOf } from "../command.ts";
import {
  areDistinctIn,
  byLevel,
  pairsOf,
  popcount,
  range,
  sample,
  shuffled,
  span,
} from "../draw.ts";
import { defineTask, live, refuse, won } from "../task.ts";

interface View {
  readonly n: number;
}

const middleOf = (values: readonly number[]): [number, number] => {
  const sorted = [...values].sort((a, b) => a - b);
  const k = Math.floor(sorted.length / 2);
  return [sorted[k - 1], sorted[k]];
};

/** What queries about all but two positions can tell: who is in the lower half, and the medians. */
interface Halves {
  /** Bit i: position i + 1 holds a value of the lower half. */
  readonly low: number;
  readonly lower: number;
  readonly upper: number;
}

const known = new Map<number, readonly Halves[]>();

/** All that is possible; made once, since at n = 14 there are 168,168. */
function halvesOf(n: number): readonly Halves[] {
  const before = known.get(n);
  if (before) return before;
  const out: Halves[] = [];
  for (const low of range(2 ** n)) {
    if (popcount(low) !== n / 2) continue;
    const isLow = (i: number) => (low & (1 << i)) !== 0;
    for (const i of range(n).filter(isLow)) {
      for (const j of range(n).filter((p) => !isLow(p))) out.push({ low, lower: i, upper: j });
    }
  }
  known.set(n, out);
  return out;
}

/** The middle values of 1..n without positions i and j, relative to n / 2. */
function without({ low, lower, upper }: Halves, [i, j]: readonly [number, number]): string {
  const lows = [i, j].filter((p) => low & (1 << p)).length;
  if (lows === 2) return "1 2";
  if (lows === 0) return "-1 0";
  const has = (p: number) => p === i || p === j;
  return `${has(lower) ? -1 : 0} ${has(upper) ? 2 : 1}`;
}

export const medianQuery = defineTask<View, readonly number[]>({
  name: "MedianQuery",
  class: "IP",
  goal: "positions of the two middle values of a permutation, by medians of subsets",
  verbs: ["My Query", "My Answer"],
  forms: ["My Query: k x1 x2 ... xk", "My Answer: i j"],
  budget: { easy: 10, medium: 10, hard: 16 },
  bound: "leaving out a pair tells on which sides of the middle it lies: about 1.5 n queries",
  fixes: ["n is even at every level (published: 15 at hard, which has one middle value)"],
  generate(random, level) {
    const n = byLevel(level, 6, 8, 14);
    return { view: { n }, state: shuffled(random, span(1, n)) };
  },
  rules: ({ n }) =>
    `I hold a permutation of 1 to ${n} at positions 1 to ${n}. Find the two positions with the middle values ${Math.floor(n / 2)} and ${Math.floor(n / 2) + 1}, in any order.
A query gives an even number k of at least 4 and k different positions; I answer with the two middle values among them.
A wrong answer costs a turn.`,
  step({ n }, p, { verb, numbers }) {
    if (verb === "My Query") {
      const [k, ...positions] = numbers;
      if (!(k >= 4) || k % 2 !== 0 || positions.length !== k) {
        return refuse("a query is an even k of at least 4 and k positions");
      }
      if (!areDistinctIn(positions, 1, n)) return refuse(`positions are different, from 1 to ${n}`);
      return live(p, middleOf(positions.map((i) => p[i - 1])).join(" "));
    }
    if (numbers.length !== 2) return refuse("an answer takes two positions");
    if (!areDistinctIn(numbers, 1, n)) return refuse(`positions are different, from 1 to ${n}`);
    const [a, b] = numbers.map((i) => p[i - 1]).sort((x, y) => x - y);
    return a === Math.floor(n / 2) && b === a + 1 ? won(p) : live(p, "Incorrect");
  },
  *oracle({ n }, random) {
    if (n % 2) return; // Published instances with n = 15: no pair can be left out.
    let worlds = halvesOf(n);
    for (;;) {
      const answers = new Set(worlds.map((w) => w.lower * n + w.upper));
      if (answers.size <= 1) break;
      const pair = bestQuery(worlds, pairsOf(n), without, random);
      const kept = range(n).filter((i) => !pair.includes(i));
      const heard = yield `My Query: ${n - 2} ${kept.map((i) => i + 1).join(" ")}`;
      const relative = integersOf(heard)
        .map((v) => v - n / 2)
        .join(" ");
      worlds = worlds.filter((w) => without(w, pair) === relative);
    }
    yield `My Answer: ${worlds[0].lower + 1} ${worlds[0].upper + 1}`;
  },
  guess({ n }, _, random) {
    const k = 2 * (2 + random.below(Math.floor(n / 2) - 1));
    if (random.below(2)) return `My Query: ${k} ${sample(random, span(1, n), k).join(" ")}`;
    return `My Answer: ${sample(random, span(1, n), 2).join(" ")}`;
  },
  fromPaper: (line) => ({ view: { n: line.number("scale") }, state: line.numbers("list") }),
});
