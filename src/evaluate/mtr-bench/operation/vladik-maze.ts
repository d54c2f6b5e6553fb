/** VladikMaze: a visible maze in which left and right, or up and down, may be exchanged. */

import { integersOf } from "../command.ts";
import { byLevel, pick, range } from "../draw.ts";
import { type Cell, DIRECTIONS, isInside, plus } from "../grid.ts";
import { defineTask, live, lost, refuse, won } from "../task.ts";
import { walkCautiously } from "./cautious-walk.ts";

interface View {
  /** Rows of ".", "*" (deadly) and "F" (the goal). */
  readonly rows: readonly string[];
}

/** Whether left and right, and whether up and down are exchanged. */
type Swaps = readonly [leftRight: boolean, upDown: boolean];

interface State {
  readonly at: Cell;
  readonly swaps: Swaps;
}

const directions: Readonly<Record<string, readonly [string, string, 0 | 1]>> = {
  L: ["W", "E", 0],
  R: ["E", "W", 0],
  U: ["N", "S", 1],
  D: ["S", "N", 1],
};

const at = ({ rows }: View, [r, c]: Cell): string => rows[r - 1][c - 1];

/** Where a move leads; a step out of the maze leaves the player where it is. */
function landing(view: View, swaps: Swaps, from: Cell, move: string): Cell {
  const [usual, other, axis] = directions[move];
  const to = plus(from, DIRECTIONS[swaps[axis] ? other : usual]);
  return isInside(to, view.rows.length, view.rows[0].length) ? to : from;
}

const allSwaps: readonly Swaps[] = [
  [false, false],
  [true, false],
  [false, true],
  [true, true],
];

export const vladikMaze = defineTask<View, State>({
  name: "VladikMaze",
  class: "SO",
  goal: "the goal of a visible maze with keys that may be exchanged",
  verbs: ["My Move"],
  forms: ["My Move: D (one of U, D, L, R)"],
  budget: { easy: 10, medium: 14, hard: 18 },
  bound: "the shortest way and at most one lost step for each axis",
  fixes: [
    "no exchange at all is possible too, as the text says",
    "every instance has a safe way to test",
  ],
  generate(random, level) {
    const size = byLevel(level, 4, 5, 6);
    const goal = size + random.below(size * size - size);
    const rows = range(size).map((r) =>
      range(size)
        .map((c) => {
          const i = r * size + c;
          return i === goal ? "F" : i > 0 && random.below(10) < 3 ? "*" : ".";
        })
        .join(""),
    );
    return { view: { rows }, state: { at: [1, 1], swaps: pick(random, allSwaps) } };
  },
  rules: ({ rows }) =>
    `Reach F in this maze from (1,1) at the top left; * is deadly:
${rows.map((row) => [...row].join(" ")).join("\n")}
You have the keys U (up), D (down), L (left) and R (right). The keys L and R may be exchanged with each other, and so may U and D; you have to find out. A step out of the maze leaves you where you are.
I answer with your row and column.`,
  step(view, state, { text }) {
    const move = /^[UDLR]/i.exec(text)?.[0].toUpperCase();
    if (!move) return refuse("a move is U, D, L or R");
    const next = { ...state, at: landing(view, state.swaps, state.at, move) };
    const kind = at(view, next.at);
    if (kind === "*") return lost(next, "-1 -1");
    return kind === "F" ? won(next, `${next.at.join(" ")} WIN`) : live(next, next.at.join(" "));
  },
  *oracle(view) {
    yield* walkCautiously({
      rules: allSwaps,
      start: [1, 1],
      moves: Object.keys(directions),
      lead(swaps, from, move) {
        const to = landing(view, swaps, from, move);
        return at(view, to) === "*" ? undefined : to;
      },
      isGoal: (cell) => at(view, cell) === "F",
      say: (move) => `My Move: ${move}`,
      read(feedback) {
        const [r, c] = integersOf(feedback);
        return [r, c];
      },
    });
  },
  guess: (_view, _state, random) => `My Move: ${pick(random, Object.keys(directions))}`,
  candidates: () => allSwaps.map((swaps) => ({ at: [1, 1], swaps })),
  // The published monitor draws one to two exchanges when it starts: ours takes the id for that.
  fromPaper: (line) => ({
    view: { rows: line.cells("grids").map((row) => row.join("")) },
    state: { at: [1, 1], swaps: allSwaps[1 + (line.number("question_id") % 3)] },
  }),
});
