/** GeoGame: take points in turn so that the sum of squared distances gets even. */

import { byLevel, pick, range, shuffled } from "../draw.ts";
import { defineTask, live, lost, refuse, won } from "../task.ts";

type Point = readonly number[];

interface View {
  readonly start: Point;
  readonly points: readonly Point[];
}

interface State {
  /** Numbers of points that are taken, from 1, in order. */
  readonly taken: readonly number[];
}

const colourOf = ([x, y]: Point): number => (x + y) % 2;
const isLike = ({ start, points }: View, i: number): boolean =>
  colourOf(points[i - 1]) === colourOf(start);

const freeOf = ({ points }: View, taken: readonly number[]): number[] =>
  range(points.length)
    .map((i) => i + 1)
    .filter((i) => !taken.includes(i));

function sumOf({ start, points }: View, taken: readonly number[]): number {
  const way = [start, ...taken.map((i) => points[i - 1])];
  return range(taken.length).reduce(
    (sum, i) => sum + (way[i + 1][0] - way[i][0]) ** 2 + (way[i + 1][1] - way[i][1]) ** 2,
    0,
  );
}

export const geoGame = defineTask<View, State>({
  name: "GeoGame",
  class: "SG",
  goal: "an even sum of squared distances, taking points in turn",
  verbs: ["My Choice"],
  forms: ["My Choice: i"],
  budget: { easy: 5, medium: 6, hard: 7 },
  bound:
    "the sum is even iff the last point has the start's parity of x + y: take the others first",
  fixes: ["every instance can be won against any opponent", "three spare turns for corrections"],
  generate(random, level) {
    const n = byLevel(level, 4, 6, 8);
    for (;;) {
      const cells = shuffled(random, range(121)).slice(0, n + 1);
      const [start, ...points] = cells.map((i) => [Math.floor(i / 11), i % 11]);
      const view = { start, points };
      const others = points.filter((_, i) => !isLike(view, i + 1));
      // With more than half of the other parity the opponent can keep one of them for the end.
      if (others.length <= n / 2) return { view, state: { taken: [] } };
    }
  },
  rules: ({ start, points }) =>
    `From the point (${start.join(",")}) we take turns choosing one of these points, each once; you begin:
${points.map((p, i) => `${i + 1}: (${p.join(",")})`).join("\n")}
The squared distance from the point chosen before (at first from the start) is added to a sum. When all points are chosen, you win if the sum is even.
I answer with my choice.`,
  step(view, { taken }, { numbers }, random) {
    const free = freeOf(view, taken);
    if (numbers.length !== 1 || !free.includes(numbers[0])) {
      return refuse(`a choice is one of the free points ${free.join(", ")}`);
    }
    const mine = freeOf(view, [...taken, numbers[0]]);
    const answer = mine.length > 0 ? pick(random, mine) : 0;
    const state = { taken: [...taken, numbers[0], ...(answer ? [answer] : [])] };
    if (state.taken.length < view.points.length) return live(state, `My Choice: ${answer}`);
    const sum = sumOf(view, state.taken);
    const text = `My Choice: ${answer}\nThe sum is ${sum}`;
    return sum % 2 === 0 ? won(state, text) : lost(state, text);
  },
  *oracle(view) {
    let taken: number[] = [];
    for (;;) {
      const free = freeOf(view, taken);
      const choice = free.find((i) => !isLike(view, i)) ?? free[0];
      const heard = yield `My Choice: ${choice}`;
      taken = [...taken, choice, Number(/\d+/.exec(heard)?.[0])];
    }
  },
  guess: (view, { taken }, random) => `My Choice: ${pick(random, freeOf(view, taken))}`,
  fromPaper: (line) => ({
    view: { start: line.numbers("starting_point"), points: line.rows("available_points") },
    state: { taken: [] },
  }),
});
