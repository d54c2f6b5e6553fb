/** PizzaSlice: eat corners of a polygon in turn; who eats less wins. */

import type { Random } from "../../../nn/random.ts";
import { integersOf } from "../command.ts";
import { byLevel, pick, range, sample } from "../draw.ts";
import { defineTask, live, lost, refuse, won } from "../task.ts";

interface View {
  /** Corners in order; corner i + 1 at index i. */
  readonly points: readonly (readonly number[])[];
}

interface State {
  readonly left: readonly number[];
  /** Twice the eaten areas, so that they are whole. */
  readonly yours: number;
  readonly mine: number;
}

function twiceArea([a, b, c]: readonly (readonly number[])[]): number {
  return Math.abs((b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1]));
}

/** Twice the area of the triangle at the i-th corner that is left. */
function sliceAt({ points }: View, left: readonly number[], i: number): number {
  const n = left.length;
  return twiceArea([left[(i + n - 1) % n], left[i], left[(i + 1) % n]].map((v) => points[v - 1]));
}

const without = (left: readonly number[], i: number): number[] => left.filter((_, j) => j !== i);

/** Best difference (own minus other, smaller is better) for who eats next, by corners left. */
function differences(view: View): (left: readonly number[]) => number {
  const seen = new Map<string, number>();
  const best = (left: readonly number[]): number => {
    if (left.length < 3) return 0;
    const key = left.join();
    const before = seen.get(key);
    if (before !== undefined) return before;
    const value = Math.min(
      ...range(left.length).map((i) => sliceAt(view, left, i) - best(without(left, i))),
    );
    seen.set(key, value);
    return value;
  };
  return best;
}

/** A strictly convex polygon with whole corners. */
function drawPolygon(random: Random, n: number): number[][] {
  for (;;) {
    const angles = sample(random, range(90), n).sort((a, b) => a - b);
    const points = angles.map((a) =>
      [Math.cos, Math.sin].map((f) => 50 + Math.round(50 * f((a * Math.PI) / 45))),
    );
    const turn = (i: number) => {
      const [a, b, c] = [points[i], points[(i + 1) % n], points[(i + 2) % n]];
      return (b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0]);
    };
    if (range(n).every((i) => turn(i) > 0)) return points;
  }
}

export const pizzaSlice = defineTask<View, State>({
  name: "PizzaSlice",
  class: "SG",
  goal: "the smaller share of a polygon, eating corners in turn",
  verbs: ["My Choice"],
  forms: ["My Choice: v"],
  budget: { easy: 5, medium: 6, hard: 8 },
  bound: "minimax over the corners that are left",
  fixes: ["every instance can be won against any opponent", "three spare turns for corrections"],
  generate(random, level) {
    const n = byLevel(level, 6, 8, 12);
    for (;;) {
      const points = drawPolygon(random, n);
      const left = range(n).map((i) => i + 1);
      if (differences({ points })(left) < 0) {
        return { view: { points }, state: { left, yours: 0, mine: 0 } };
      }
    }
  },
  rules: ({ points }) =>
    `A convex pizza has corners 1 to ${points.length} in this order: ${points.map((p, i) => `${i + 1} (${p.join(",")})`).join(", ")}.
We eat in turn; you begin. Whoever chooses a corner eats the triangle of it and its two neighbours among the corners that are left, and the corner is gone. When two corners are left the game ends; you win if you ate less area than I.
I answer with my corner.`,
  step(view, state, { numbers }, random) {
    const at = state.left.indexOf(numbers[0]);
    if (numbers.length !== 1 || at < 0) {
      return refuse(`a choice is one of the corners ${state.left.join(", ")}`);
    }
    let { left, yours, mine } = state;
    yours += sliceAt(view, left, at);
    left = without(left, at);
    let text = "";
    if (left.length > 2) {
      const i = random.below(left.length);
      text = `My Choice: ${left[i]}\n`;
      mine += sliceAt(view, left, i);
      left = without(left, i);
    }
    const next = { left, yours, mine };
    if (left.length > 2) return live(next, text.trim());
    const end = `${text}You ate ${yours / 2}, I ate ${mine / 2}`;
    return yours < mine ? won(next, end) : lost(next, end);
  },
  *oracle(view) {
    const best = differences(view);
    let left = range(view.points.length).map((i) => i + 1);
    for (;;) {
      const corners = left;
      const cost = (i: number) => sliceAt(view, corners, i) - best(without(corners, i));
      const at = range(left.length).reduce((a, b) => (cost(b) < cost(a) ? b : a));
      const [answer] = integersOf(yield `My Choice: ${left[at]}`);
      left = without(left, at).filter((v) => v !== answer);
    }
  },
  guess: (_, { left }, random) => `My Choice: ${pick(random, left)}`,
  fromPaper(line) {
    const corners = line.at("points");
    const points = corners.keys().map((key) => corners.numbers(key));
    const left = range(points.length).map((i) => i + 1);
    return { view: { points }, state: { left, yours: 0, mine: 0 } };
  },
});
