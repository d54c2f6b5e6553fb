/** AttendanceCheck: find the absent student; raised hands are off by one when the class lies. */

import { byLevel, span } from "../draw.ts";
import { FORCED_WEIGHT, FREE_WEIGHT, worstWeight } from "../half-lies.ts";
import { defineTask, live, refuse, won } from "../task.ts";

interface View {
  readonly n: number;
}

interface State {
  readonly absent: number;
  /** Whether the last answers were honest, newest last. */
  readonly honest: readonly boolean[];
}

/** Never three honest answers in a row, and never three dishonest ones. */
function mayBe(honest: readonly boolean[], next: boolean): boolean {
  const [a, b] = honest.slice(-2);
  return honest.length < 2 || a !== next || b !== next;
}

const isIn = (student: number, [l, r]: readonly number[]): boolean => student >= l && student <= r;

/** Hands that are raised for [l, r]. */
const hands = (absent: number, [l, r]: readonly number[], isHonest: boolean): number =>
  r - l + (isIn(absent, [l, r]) === isHonest ? 0 : 1);

const answered = (state: State, range: readonly number[], heard: number): State | undefined => {
  const isHonest = hands(state.absent, range, true) === heard;
  const honest = [...state.honest, isHonest].slice(-2);
  return mayBe(state.honest, isHonest) ? { ...state, honest } : undefined;
};

const weigh = ({ honest }: State): number =>
  honest.length === 2 && honest[0] === honest[1] ? FORCED_WEIGHT : FREE_WEIGHT;

export const attendanceCheck = defineTask<View, State>({
  name: "AttendanceCheck",
  class: "DA",
  goal: "the absent student, though counts of hands may be off by one",
  verbs: ["My Query", "My Answer"],
  forms: ["My Query: l r", "My Answer: a"],
  budget: { easy: 22, medium: 26, hard: 30 },
  bound: "candidates weighted by their last two answers shrink by at most sqrt(5) - 1 a query",
  fixes: ["the budget follows from that bound; the published 10 rounds do not suffice"],
  generate(random, level) {
    const [low, high] = byLevel(level, [5, 9], [10, 14], [15, 19]);
    const n = low + random.below(high - low + 1);
    return { view: { n }, state: { absent: 1 + random.below(n), honest: [] } };
  },
  rules: ({ n }) =>
    `Of students 1 to ${n} exactly one is absent. Find out who.
A query l r asks students l to r to raise their hands; I answer with the number of raised hands. If they are honest, it is the number of those present. If they are dishonest, it is r - l + 1 although one of them is absent, or r - l although all are present.
Students are never honest three queries in a row and never dishonest three queries in a row.
Answers are judged truthfully and do not count as queries. A wrong answer costs a turn.`,
  step({ n }, state, { verb, numbers }, random) {
    if (numbers.some((i) => i < 1 || i > n)) return refuse(`students go from 1 to ${n}`);
    if (verb === "My Query") {
      if (numbers.length !== 2 || numbers[0] > numbers[1]) return refuse("a query is l r, l <= r");
      const wish = random.below(2) === 0;
      const isHonest = mayBe(state.honest, wish) ? wish : !wish;
      const honest = [...state.honest, isHonest].slice(-2);
      return live({ ...state, honest }, String(hands(state.absent, numbers, isHonest)));
    }
    if (numbers.length !== 1) return refuse("an answer takes one student");
    return numbers[0] === state.absent ? won(state) : live(state, "Incorrect");
  },
  *oracle({ n }) {
    let states = span(1, n).map((absent): State => ({ absent, honest: [] }));
    const ranges = span(1, n).flatMap((l) => span(l, n).map((r) => [l, r]));
    while (states.length > 1) {
      const cost = (range: readonly number[]) =>
        worstWeight(
          states,
          (s, isFull) => answered(s, range, range[1] - range[0] + (isFull ? 1 : 0)),
          weigh,
        );
      const range = ranges.reduce((a, b) => (cost(b) < cost(a) - 1e-9 ? b : a));
      const heard = Number(yield `My Query: ${range.join(" ")}`);
      states = states.flatMap((s) => answered(s, range, heard) ?? []);
    }
    yield `My Answer: ${states[0].absent}`;
  },
  guess({ n }, _, random) {
    const [l, r] = [1 + random.below(n), 1 + random.below(n)].sort((a, b) => a - b);
    return random.below(2) ? `My Query: ${l} ${r}` : `My Answer: ${l}`;
  },
  fromPaper(line) {
    const present = line.numbers("answer");
    return {
      view: { n: present.length },
      state: { absent: present.indexOf(0) + 1, honest: [] },
    };
  },
});
