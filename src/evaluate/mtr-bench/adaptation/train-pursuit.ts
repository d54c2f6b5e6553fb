/** TrainPursuit: catch a train that moves k stations after every turn. */

import { bestQuery } from "../belief.ts";
import { between, byLevel, span } from "../draw.ts";
import { defineTask, live, refuse, won } from "../task.ts";

interface View {
  readonly n: number;
  readonly k: number;
}

const isIn = (at: number, [l, r]: readonly number[]): string => (at >= l && at <= r ? "Yes" : "No");

const next = (at: number, { n, k }: View): number => 1 + ((at - 1 + k) % n);

export const trainPursuit = defineTask<View, number>({
  name: "TrainPursuit",
  class: "DA",
  goal: "a train on a circle that moves k stations after every turn",
  verbs: ["My Query", "My Answer"],
  forms: ["My Query: l r", "My Answer: x"],
  budget: { easy: 10, medium: 10, hard: 10 },
  bound: "ceil(log2 n) queries: the start is searched by halves",
  fixes: ['the text says that the train moves exactly k stations (published: "up to k")'],
  generate(random, level) {
    const [low, high] = byLevel(level, [2, 5], [6, 7], [8, 9]);
    const n = between(random, low, high);
    return { view: { n, k: between(random, 1, Math.min(4, n - 1)) }, state: between(random, 1, n) };
  },
  rules: ({ n, k }) =>
    `A train stands at one of the stations 1 to ${n} of a circular line. Find where it is.
A query l r (l <= r) asks whether it is at a station from l to r; I answer Yes or No.
An answer names the station where it is now. After every query and every wrong answer the train moves exactly ${k} stations ahead (after ${n} comes 1).`,
  step(view, at, { verb, numbers }) {
    if (numbers.some((s) => s < 1 || s > view.n)) return refuse(`stations go from 1 to ${view.n}`);
    const [l, r] = numbers;
    if (verb === "My Query") {
      if (numbers.length !== 2 || l > r) return refuse("a query is l r, l <= r");
      return live(next(at, view), isIn(at, numbers));
    }
    if (numbers.length !== 1) return refuse("an answer takes one station");
    return l === at ? won(at) : live(next(at, view), "Incorrect");
  },
  *oracle(view, random) {
    const ranges = span(1, view.n).flatMap((l) => span(l, view.n).map((r) => [l, r]));
    let places = span(1, view.n);
    while (places.length > 1) {
      const range = bestQuery(places, ranges, isIn, random);
      const heard = yield `My Query: ${range.join(" ")}`;
      places = places.filter((at) => isIn(at, range) === heard).map((at) => next(at, view));
    }
    yield `My Answer: ${places[0]}`;
  },
  guess({ n }, _, random) {
    const [l, r] = [between(random, 1, n), between(random, 1, n)].sort((a, b) => a - b);
    return random.below(2) ? `My Query: ${l} ${r}` : `My Answer: ${l}`;
  },
  candidates: ({ n }) => span(1, n),
  fromPaper: (line) => ({
    view: { n: line.number("n"), k: line.number("k") },
    state: line.number("answer"),
  }),
});
