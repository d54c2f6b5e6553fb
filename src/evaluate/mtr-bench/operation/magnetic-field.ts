/** MagneticField: to the goal over fields that push in directions unknown at first. */

import { integersOf } from "../command.ts";
import { byLevel, permutationsOf, pick, range, sample } from "../draw.ts";
import { type Cell, cellsOf, DIRECTIONS, isInside, plus } from "../grid.ts";
import { defineTask, live, lost, refuse, won } from "../task.ts";
import { walkCautiously } from "./cautious-walk.ts";

interface View {
  /** Rows of ".", "X", "G" and the fields "1" to "4". */
  readonly rows: readonly string[];
  readonly paper?: true;
}

interface State {
  readonly at: Cell;
  /** Direction of field i + 1. */
  readonly push: readonly string[];
}

const steps: Readonly<Record<string, Cell>> = {
  U: DIRECTIONS.N,
  D: DIRECTIONS.S,
  L: DIRECTIONS.W,
  R: DIRECTIONS.E,
};

const at = ({ rows }: View, [r, c]: Cell): string => rows[r - 1][c - 1];

/** Where a move ends; undefined if in danger. A field that has pushed once does not push again. */
function landing(view: View, push: readonly string[], from: Cell, move: string): Cell | undefined {
  const size = view.rows.length;
  let cell = plus(from, steps[move]);
  if (!isInside(cell, size)) return from;
  const used = new Set<string>();
  for (;;) {
    const kind = at(view, cell);
    if (kind === "X") return undefined;
    const field = "1234".indexOf(kind);
    if (field < 0) return cell;
    const to = plus(cell, DIRECTIONS[push[field]]);
    // Published: a push out of the board, or round in circles, kills.
    if (!isInside(to, size) || used.has(String(cell))) return view.paper ? undefined : cell;
    used.add(String(cell));
    cell = to;
  }
}

export const magneticField = defineTask<View, State>({
  name: "MagneticField",
  class: "SO",
  goal: "the goal beyond fields that push in unknown directions",
  verbs: ["My Move"],
  forms: ["My Move: D (one of U, D, L, R)"],
  budget: { easy: 10, medium: 14, hard: 18 },
  bound:
    "shortest ways of steps that are safe under every assignment of directions that still fits",
  fixes: [
    "a field at the edge that pushes outwards lets the player stay, as the text says (published: death)",
    "every instance has a way (published: 18/10/8 of 30 have none)",
  ],
  generate(random, level) {
    const size = byLevel(level, 3, 4, 5);
    const cells = cellsOf(size).slice(1, -1);
    const [fields, hazards] = byLevel(level, [3, 1], [5, 2], [8, 4]);
    const chosen = sample(random, cells, fields + hazards).map(String);
    const rows = range(size).map((r) =>
      range(size)
        .map((c) => {
          if (r === size - 1 && c === size - 1) return "G";
          const i = chosen.indexOf(`${r + 1},${c + 1}`);
          return i < 0 ? "." : i < fields ? String(1 + random.below(4)) : "X";
        })
        .join(""),
    );
    const push = pick(random, permutationsOf(range(4))).map((i) => "NESW"[i]);
    return { view: { rows }, state: { at: [1, 1], push } };
  },
  rules: ({ rows }) =>
    `Cross this board of ${rows.length} x ${rows.length} cells from (1,1) at the top left to the goal G:
${rows.map((row) => [...row].join(" ")).join("\n")}
X is deadly. 1 to 4 are four kinds of magnetic fields; each kind pushes in one of the directions north, east, south and west, each kind in another one, which you have to find out.
A move U (up), D (down), L (left) or R (right) goes one step; a step out of the board leaves you where you are. A field then pushes you one step, unless that leads out of the board; if you land on another field, it pushes too; a field pushes only once in a move.
I answer with your row and column.`,
  step(view, state, { text }) {
    const move = /^[UDLR]/i.exec(text)?.[0].toUpperCase();
    if (!move) return refuse("a move is U, D, L or R");
    const to = landing(view, state.push, state.at, move);
    if (!to) return lost(state, "-1 -1");
    const next = { ...state, at: to };
    return at(view, to) === "G" ? won(next, `${to.join(" ")} WIN`) : live(next, to.join(" "));
  },
  *oracle(view) {
    yield* walkCautiously({
      rules: permutationsOf(range(4)).map((p) => p.map((i) => "NESW"[i])),
      start: [1, 1],
      moves: Object.keys(steps),
      lead: (push, from, move) => landing(view, push, from, move),
      isGoal: (cell) => at(view, cell) === "G",
      say: (move) => `My Move: ${move}`,
      read(feedback) {
        const [r, c] = integersOf(feedback);
        return [r, c];
      },
    });
  },
  guess: (_view, _state, random) => `My Move: ${pick(random, Object.keys(steps))}`,
  fromPaper(line) {
    const rows = line
      .at("graph")
      .cells("grid")
      .map((row) =>
        row.map((cell) => (cell.match(/[NESW]/) ? 1 + "NESW".indexOf(cell) : cell)).join(""),
      );
    return { view: { rows, paper: true }, state: { at: [1, 1], push: [..."NESW"] } };
  },
});
