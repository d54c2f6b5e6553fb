/** ZeroFinding: the k-th zero of a list of bits, by sums of ranges. */

import { byLevel, range } from "../draw.ts";
import { defineTask, live, lost, refuse, won } from "../task.ts";

interface View {
  readonly n: number;
  readonly k: number;
}

interface State {
  readonly bits: readonly number[];
  readonly target: number;
}

const zerosOf = (bits: readonly number[]): number[] =>
  range(bits.length).flatMap((i) => (bits[i] === 0 ? [i + 1] : []));

export const zeroFinding = defineTask<View, State>({
  name: "ZeroFinding",
  class: "DA",
  goal: "the k-th zero of a list of bits, by sums of ranges",
  verbs: ["My Final Answer", "My Query", "My Answer"],
  forms: ["My Query: l r", "My Answer: x", "My Final Answer: x"],
  budget: { easy: 10, medium: 10, hard: 10 },
  bound: "ceil(log2 n) sums: 4/6/7",
  generate(random, level) {
    const n = byLevel(level, 10, 50, 100);
    const bits = range(n).map(() => (random.below(4) ? 1 : 0));
    if (!bits.includes(0)) bits[random.below(n)] = 0;
    const zeros = zerosOf(bits);
    const k = 1 + random.below(zeros.length);
    return { view: { n, k }, state: { bits, target: zeros[k - 1] } };
  },
  rules: ({ n, k }) =>
    `I hold ${n} bits at positions 1 to ${n}. Find the position of zero number ${k}, counted from the left in the list as it is now.
A query l r asks for the sum of the bits from l to r, which I answer.
"My Answer: x" names a zero that is not the target; if it is one, it becomes a 1 (the target stays what it is).
"My Final Answer: x" names the target; a wrong final answer loses the game.`,
  step({ n }, state, { verb, numbers }) {
    if (numbers.some((i) => i < 1 || i > n)) return refuse(`positions go from 1 to ${n}`);
    const [l, r] = numbers;
    const { bits, target } = state;
    if (verb === "My Query") {
      if (numbers.length !== 2 || l > r) return refuse("a query is l r, l <= r");
      return live(state, String(bits.slice(l - 1, r).reduce((a, b) => a + b, 0)));
    }
    if (numbers.length !== 1) return refuse("an answer takes one position");
    if (verb === "My Final Answer") return l === target ? won(state) : lost(state, "Incorrect");
    if (bits[l - 1] !== 0 || l === target) return live(state, "Incorrect");
    return live({ target, bits: bits.map((b, i) => (i === l - 1 ? 1 : b)) }, "Correct");
  },
  *oracle({ n, k }) {
    let [low, high] = [1, n];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const sum = Number(yield `My Query: 1 ${middle}`);
      if (middle - sum >= k) high = middle;
      else low = middle + 1;
    }
    yield `My Final Answer: ${low}`;
  },
  guess({ n }, _, random) {
    const [l, r] = [1 + random.below(n), 1 + random.below(n)].sort((a, b) => a - b);
    return [`My Query: ${l} ${r}`, `My Answer: ${l}`, `My Final Answer: ${l}`][random.below(3)];
  },
  fromPaper(line) {
    const bits = line.numbers("list");
    return {
      view: { n: bits.length, k: line.number("k") },
      state: { bits, target: line.number("answer") },
    };
  },
});
