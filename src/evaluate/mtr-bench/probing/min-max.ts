/** MinMax: positions of the least and the largest digit, by comparisons. */

import { byLevel, range } from "../draw.ts";
import { defineTask, live, refuse, won } from "../task.ts";

interface View {
  /** Of equal digits only the first counts, as published. */
  readonly paper?: true;
  readonly n: number;
}

export const minMax = defineTask<View, readonly number[]>({
  name: "MinMax",
  class: "IP",
  goal: "positions of the least and the largest digit, by comparisons",
  verbs: ["My Query", "My Answer"],
  forms: ["My Query: i j", "My Answer: imin imax"],
  budget: { easy: 10, medium: 10, hard: 10 },
  bound: "ceil(3n/2) - 2 comparisons (optimal): 6/7/9",
  fixes: ["of equal digits any position counts"],
  generate(random, level) {
    const n = byLevel(level, 5, 6, 7);
    return { view: { n }, state: range(n).map(() => random.below(10)) };
  },
  rules: ({ n }) =>
    `I hold ${n} digits at positions 1 to ${n}. Find a position of the least and one of the largest digit.
A query compares the digits at two positions i and j; I answer <, = or >.
I answer 1 to a right answer, 0 to a wrong one, which costs a turn.`,
  step({ n, paper }, digits, { verb, numbers }) {
    if (numbers.length !== 2) return refuse("two positions are expected");
    if (numbers.some((i) => i < 1 || i > n)) return refuse(`positions go from 1 to ${n}`);
    const [a, b] = numbers.map((i) => digits[i - 1]);
    if (paper) {
      if (verb === "My Query" && numbers[0] === numbers[1])
        return live(digits, "Cannot compare same positions");
      const first = [Math.min(...digits), Math.max(...digits)].map((v) => 1 + digits.indexOf(v));
      if (verb === "My Answer")
        return String(numbers) === String(first) ? won(digits, "1") : live(digits, "0");
    }
    if (verb === "My Query") return live(digits, a < b ? "<" : a > b ? ">" : "=");
    const isRight = a === Math.min(...digits) && b === Math.max(...digits);
    return isRight ? won(digits, "1") : live(digits, "0");
  },
  *oracle({ n }) {
    // The smaller ones of pairs compete for the minimum, the larger ones for the maximum.
    const small: number[] = [];
    const large: number[] = [];
    for (let i = 1; i + 1 <= n; i += 2) {
      const sign = yield `My Query: ${i} ${i + 1}`;
      small.push(sign === ">" ? i + 1 : i);
      large.push(sign === ">" ? i : i + 1);
    }
    if (n % 2) {
      small.push(n);
      large.push(n);
    }
    let [min] = small;
    for (const i of small.slice(1)) if ((yield `My Query: ${min} ${i}`) === ">") min = i;
    let [max] = large;
    for (const i of large.slice(1)) if ((yield `My Query: ${max} ${i}`) === "<") max = i;
    yield `My Answer: ${min} ${max}`;
  },
  guess({ n }, _, random) {
    const [i, j] = range(2).map(() => 1 + random.below(n));
    return random.below(2) ? `My Query: ${i} ${j}` : `My Answer: ${i} ${j}`;
  },
  // Comparisons see the digits' order alone: one candidate for each order with ties.
  candidates: ({ n }) =>
    n > 6
      ? []
      : range(n ** n)
          .map((code) => range(n).map((i) => Math.floor(code / n ** i) % n))
          .filter((digits) => new Set(digits).size === Math.max(...digits) + 1),
  fromPaper: (line) => ({
    view: { n: line.number("scale"), paper: true },
    state: [...line.text("answer")].map(Number),
  }),
});
