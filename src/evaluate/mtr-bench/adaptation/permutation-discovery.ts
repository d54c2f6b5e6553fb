/** PermutationDiscovery: a permutation that is applied again after every query. */

import { byLevel, permutationsOf, pick, range, shuffled, span } from "../draw.ts";
import { defineTask, live, refuse, won } from "../task.ts";

interface View {
  readonly n: number;
}

interface State {
  /** Values 1 to n. */
  readonly p: readonly number[];
  readonly q: readonly number[];
}

export const permutationDiscovery = defineTask<View, State>({
  name: "PermutationDiscovery",
  class: "DA",
  goal: "a permutation that is applied to a list after every query",
  verbs: ["My Query", "My Answer"],
  forms: ["My Query: i", "My Answer: p1 p2 ... pn"],
  budget: { easy: 10, medium: 12, hard: 14 },
  bound: "2n queries: asking one position again walks its cycle, one query more for each cycle",
  generate(random, level) {
    const n = byLevel(level, pick(random, [3, 4]), 5, 6);
    return { view: { n }, state: { p: shuffled(random, span(1, n)), q: span(1, n) } };
  },
  rules: ({ n }) =>
    `I hold a permutation p of 1 to ${n} and a list q, at first q = [${span(1, n).join(", ")}]. Find p.
A query i (from 1) asks for q[i], which I answer; then q changes: the new q[j] is the old q[p[j]], for all j at once.
An answer lists p[1] to p[${n}]. A wrong one costs a turn and leaves q as it is.`,
  step({ n }, { p, q }, { verb, numbers }) {
    if (verb === "My Query") {
      const [i] = numbers;
      if (numbers.length !== 1 || i < 1 || i > n)
        return refuse(`a query is a position of 1 to ${n}`);
      return live({ p, q: p.map((to) => q[to - 1]) }, String(q[i - 1]));
    }
    if (numbers.length !== n) return refuse(`an answer takes ${n} numbers`);
    const isRight = numbers.every((v, i) => v === p[i]);
    return isRight ? won({ p, q }) : live({ p, q }, "Incorrect");
  },
  *oracle({ n }) {
    const p = range(n + 1).map(() => 0);
    const open = () => span(1, n).filter((v) => p[v] === 0);
    while (open().length > 1) {
      const [start] = open();
      // Answers to one position are p^t(start), p^(t+1)(start), ...: each maps to the next.
      let from = Number(yield `My Query: ${start}`);
      while (p[from] === 0) {
        const to = Number(yield `My Query: ${start}`);
        p[from] = to;
        from = to;
      }
    }
    const [last] = open();
    if (last) p[last] = span(1, n).find((v) => !p.includes(v))!;
    yield `My Answer: ${p.slice(1).join(" ")}`;
  },
  guess({ n }, _, random) {
    if (random.below(2)) return `My Query: ${1 + random.below(n)}`;
    return `My Answer: ${shuffled(random, span(1, n)).join(" ")}`;
  },
  candidates: ({ n }) => permutationsOf(span(1, n)).map((p) => ({ p, q: span(1, n) })),
  fromPaper(line) {
    const p = line.numbers("p");
    return { view: { n: p.length }, state: { p, q: line.numbers("q") } };
  },
});
