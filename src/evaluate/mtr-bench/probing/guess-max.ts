/** GuessMax: for each subset of positions, the maximum of all other positions. */

import { byLevel, range, sample, span } from "../draw.ts";
import { defineTask, live, refuse, won } from "../task.ts";

interface View {
  readonly n: number;
  /** Disjoint sets of positions from 1. */
  readonly subsets: readonly (readonly number[])[];
}

const maxAt = (array: readonly number[], positions: readonly number[]): number =>
  Math.max(...positions.map((i) => array[i - 1]));

const outside = (n: number, inside: readonly number[]): number[] =>
  span(1, n).filter((i) => !inside.includes(i));

export const guessMax = defineTask<View, readonly number[]>({
  name: "GuessMax",
  class: "IP",
  goal: "the maximum outside each of k subsets, by maxima of chosen positions",
  verbs: ["My Query", "My Answer"],
  forms: ["My Query: x1 x2 ...", "My Answer: p1 p2 ... pk"],
  budget: { easy: 10, medium: 10, hard: 10 },
  bound: "2 + ceil(log2 k) queries: the maximum, the subset that holds it, the maximum outside",
  generate(random, level) {
    const k = byLevel(level, 7, 10, 16);
    const free = sample(random, span(1, 50), 50);
    const subsets = range(k).map(() => free.splice(0, 2 + random.below(2)));
    const array = range(50).map(() => 1 + random.below(37));
    // Usually inside a subset, so that one password differs from the others.
    const top = random.below(8) ? subsets[random.below(k)][0] : free[0];
    array[top - 1] = 41 + random.below(10);
    return { view: { n: 50, subsets: subsets.map((s) => s.sort((a, b) => a - b)) }, state: array };
  },
  rules: ({ n, subsets }) =>
    `I hold ${n} numbers at positions 1 to ${n} and these ${subsets.length} sets of positions:
${subsets.map((s, i) => `S${i + 1} = {${s.join(", ")}}`).join("\n")}
Password i is the largest number at any position outside Si. Find all ${subsets.length} passwords.
A query lists positions; I answer with the largest number among them. A wrong answer costs a turn.`,
  step({ n, subsets }, array, { verb, numbers }) {
    if (verb === "My Query") {
      const isList = numbers.length > 0 && numbers.every((i) => i >= 1 && i <= n);
      if (!isList) return refuse(`a query lists positions from 1 to ${n}`);
      return live(array, String(maxAt(array, numbers)));
    }
    if (numbers.length !== subsets.length)
      return refuse(`an answer takes ${subsets.length} numbers`);
    const passwords = subsets.map((s) => maxAt(array, outside(n, s)));
    return passwords.every((p, i) => p === numbers[i]) ? won(array) : live(array, "Incorrect");
  },
  *oracle({ n, subsets }) {
    const max = Number(yield `My Query: ${span(1, n).join(" ")}`);
    let holders = range(subsets.length);
    while (holders.length > 1) {
      const half = holders.slice(0, Math.ceil(holders.length / 2));
      const found = Number(yield `My Query: ${half.flatMap((i) => subsets[i]).join(" ")}`);
      holders = found === max ? half : holders.slice(half.length);
    }
    const [holder] = holders;
    const other = yield `My Query: ${outside(n, subsets[holder]).join(" ")}`;
    yield `My Answer: ${subsets.map((_, i) => (i === holder ? other : max)).join(" ")}`;
  },
  guess({ n, subsets }, _, random) {
    if (random.below(2))
      return `My Query: ${sample(random, span(1, n), 1 + random.below(n)).join(" ")}`;
    return `My Answer: ${subsets.map(() => 1 + random.below(50)).join(" ")}`;
  },
  fromPaper(line) {
    const array = line.numbers("array");
    const sets = line.at("subsets");
    return {
      view: { n: array.length, subsets: sets.keys().map((key) => sets.numbers(key)) },
      state: array,
    };
  },
});
