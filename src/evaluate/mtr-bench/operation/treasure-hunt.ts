/** TreasureHunt: visit all junctions of a graph that shows only degrees and flags. */

import type { Random } from "../../../nn/random.ts";
import { integersOf } from "../command.ts";
import { between, byLevel, pairsOf, pick, range, sample, shuffled, span } from "../draw.ts";
import { defineTask, live, refuse, won } from "../task.ts";

interface View {
  readonly n: number;
  /** What is seen at the start; "" where the first choice only reveals it (published instances). */
  readonly start: string;
}

interface State {
  readonly edges: readonly (readonly number[])[];
  readonly at: number;
  readonly flags: readonly number[];
  /** Junctions in the order shown last. */
  readonly shown: readonly number[];
}

const neighbours = (edges: State["edges"], v: number): number[] =>
  edges.flatMap(([a, b]) => (a === v ? [b] : b === v ? [a] : []));

function arrive(random: Random, { edges, flags }: State, at: number): State {
  const shown = shuffled(random, neighbours(edges, at));
  return { edges, at, flags: [...new Set([...flags, at])], shown };
}

const look = ({ edges, flags, shown }: State): string =>
  [
    "R",
    shown.length,
    ...shown.flatMap((v) => [neighbours(edges, v).length, flags.includes(v) ? 1 : 0]),
  ].join(" ");

export const treasureHunt = defineTask<View, State>({
  name: "TreasureHunt",
  class: "SO",
  goal: "every junction of a graph that shows only degrees and flags",
  verbs: ["My Choice"],
  forms: ["My Choice: i"],
  budget: { easy: 20, medium: 30, hard: 40 },
  bound:
    "an unflagged junction first, else at random: no strategy can tell flagged ones of a degree apart",
  fixes: ["the view at the start is in the text (published: the first choice is ignored)"],
  generate(random, level) {
    const n = byLevel(level, 6, 7, 8);
    // A random tree, and more edges.
    const tree = span(2, n).map((v) => [between(random, 1, v - 1), v]);
    const isIn = ([a, b]: readonly number[]) => tree.some(([x, y]) => x === a && y === b);
    const others = pairsOf(n)
      .map(([i, j]) => [i + 1, j + 1])
      .filter((edge) => !isIn(edge));
    const edges = [...tree, ...sample(random, others, between(random, 3, n))];
    const state = arrive(random, { edges, at: 1, flags: [], shown: [] }, 1);
    return { view: { n, start: look(state) }, state };
  },
  rules: ({ n, start }) =>
    `You stand at one of ${n} junctions of a forest. Visit all of them. Paths between junctions stay the same, but you cannot tell junctions apart: you see how many paths each connected junction has, and whether it has your flag. You leave a flag wherever you have been. Connected junctions are shown in a new random order every time.
I show: R d deg1 flag1 ... degd flagd, for the d connected junctions (flag 1: visited). Now you see: ${start}
A move is the place (1 to d) of a junction in the list shown last.`,
  step({ n }, state, { numbers }, random) {
    const [i] = numbers;
    if (numbers.length !== 1) return refuse("a move is one number");
    if (state.shown.length === 0) {
      const first = arrive(random, state, state.at);
      return live(first, look(first));
    }
    if (i < 1 || i > state.shown.length)
      return refuse(`a move goes from 1 to ${state.shown.length}`);
    const next = arrive(random, state, state.shown[i - 1]);
    return next.flags.length === n ? won(next, "WIN") : live(next, look(next));
  },
  *oracle({ start }, random) {
    let seen = start || (yield "My Choice: 1");
    for (;;) {
      const values = integersOf(seen).slice(1);
      const places = range(values.length / 2);
      const fresh = places.filter((i) => values[2 * i + 1] === 0);
      // Leaves first: a way back there later costs most.
      const [leaf] = fresh.sort((a, b) => values[2 * a] - values[2 * b]);
      seen = yield `My Choice: ${1 + (leaf ?? pick(random, places))}`;
    }
  },
  guess(_, { shown }, random) {
    return `My Choice: ${1 + random.below(Math.max(1, shown.length))}`;
  },
  fromPaper(line) {
    const edges = line.rows("graph");
    const state = { edges, at: 1, flags: [1], shown: [] };
    return { view: { n: line.number("scale"), start: "" }, state };
  },
});
