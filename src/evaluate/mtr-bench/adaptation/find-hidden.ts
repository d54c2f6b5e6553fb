/** FindHidden: a number among n; of two consecutive answers at least one is true. */

import { byLevel, pick, sample, span } from "../draw.ts";
import { FORCED_WEIGHT, FREE_WEIGHT } from "../half-lies.ts";
import { defineTask, live, refuse, won } from "../task.ts";

interface View {
  readonly n: number;
  readonly paper?: true;
}

interface State {
  readonly hidden: number;
  readonly hasLied: boolean;
  readonly asked: number;
}

export const findHidden = defineTask<View, State>({
  name: "FindHidden",
  class: "DA",
  goal: "a number, where of two consecutive answers at least one is true",
  verbs: ["My Query", "My Answer"],
  forms: ["My Query: k a1 ... ak", "My Answer: x"],
  budget: { easy: 24, medium: 26, hard: 28 },
  bound: "candidates weighted by whether the last answer was a lie shrink by sqrt(5) - 1 a query",
  fixes: ["the budget follows from that bound; the published 10 rounds do not suffice"],
  generate(random, level) {
    const n = byLevel(level, pick(random, [19, 20]), 30, 40);
    return { view: { n }, state: { hidden: 1 + random.below(n), hasLied: false, asked: 0 } };
  },
  rules: ({ n }) =>
    `I hold a number from 1 to ${n}. Find it.
A query gives k and k different numbers; I answer YES if mine is among them, else NO. I may lie, but of any two consecutive answers to queries at least one is true.
Answers are judged truthfully and do not count as queries. A wrong answer costs a turn.`,
  step({ n, paper }, state, { verb, numbers }, random) {
    if (verb === "My Answer") {
      if (numbers.length !== 1) return refuse("an answer takes one number");
      return numbers[0] === state.hidden ? won(state) : live(state, "Incorrect");
    }
    const [k, ...set] = numbers;
    if (set.length === 0 || set.length !== k || new Set(set).size < k) {
      return refuse("a query is k and k different numbers");
    }
    if (set.some((v) => v < 1 || v > n)) return refuse(`numbers go from 1 to ${n}`);
    const mustBeTrue = state.hasLied || (paper && state.asked === 0);
    const hasLied = !mustBeTrue && random.below(2) === 0;
    const isYes = set.includes(state.hidden) !== hasLied;
    return live({ ...state, hasLied, asked: state.asked + 1 }, isYes ? "YES" : "NO");
  },
  *oracle({ n }) {
    // For each candidate whether the last answer was a lie if it is the number.
    let lies = new Map(span(1, n).map((v) => [v, false]));
    while (lies.size > 1) {
      const set = balancedSet(lies);
      const heard = yield `My Query: ${set.length} ${set.join(" ")}`;
      const next = new Map<number, boolean>();
      for (const [value, hasLied] of lies) {
        const isTrue = set.includes(value) === (heard === "YES");
        if (isTrue || !hasLied) next.set(value, !isTrue);
      }
      lies = next;
    }
    yield `My Answer: ${[...lies.keys()].join()}`;
  },
  guess({ n }, _, random) {
    if (random.below(2)) return `My Answer: ${1 + random.below(n)}`;
    const k = 1 + random.below(n);
    return `My Query: ${k} ${sample(random, span(1, n), k).join(" ")}`;
  },
  fromPaper: (line) => ({
    view: { n: line.number("scale"), paper: true },
    state: { hidden: line.number("answer"), hasLied: false, asked: 0 },
  }),
});

/** A set for which both answers leave about the same weight. */
function balancedSet(lies: ReadonlyMap<number, boolean>): number[] {
  const set: number[] = [];
  let yesMinusNo = 0;
  // An answer that would be a lie leaves a free candidate forced and rules out a forced one.
  const gain = (hasLied: boolean) => FREE_WEIGHT - (hasLied ? 0 : FORCED_WEIGHT);
  for (const [value, hasLied] of [...lies].sort(([, a], [, b]) => gain(b) - gain(a))) {
    const isIn = yesMinusNo <= 0;
    if (isIn) set.push(value);
    yesMinusNo += isIn ? gain(hasLied) : -gain(hasLied);
  }
  return set;
}
