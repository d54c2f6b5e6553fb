/** RainbowCandy: reach the corner with the right colour over hidden dyes. */

import { byLevel, pick, range } from "../draw.ts";
import { type Cell, cellsOf, DIRECTIONS, isInside, isSame, plus, shortestWay } from "../grid.ts";
import { defineTask, live, refuse, won } from "../task.ts";

interface View {
  /** Rows of "-", "W" (bleach) and "X" (a hidden dye). */
  readonly rows: readonly string[];
  readonly target: string;
  readonly paper?: true;
}

interface State {
  readonly at: Cell;
  readonly colour: string;
  /** Like the view's rows, with dyes R, G, B for X. */
  readonly devices: readonly string[];
}

const mixtures: Readonly<Record<string, string>> = { GR: "Y", BG: "C", BR: "P" };

function dyed(colour: string, device: string, paper?: true): string {
  if (device === "W") return "W";
  if (!"RGB".includes(device) || !"WRGB".includes(colour)) return colour;
  if (colour === "W" || colour === device) return device;
  // Published: the table of mixtures is never hit.
  return paper ? colour : mixtures[[colour, device].sort().join("")];
}

const at = (rows: readonly string[], [r, c]: Cell): string => rows[r - 1][c - 1];

interface Candy {
  readonly at: Cell;
  readonly colour: string;
}

/** Moves over known devices; cells that `isOpen` refuses are not entered. */
const movesOf =
  (rows: readonly string[], isOpen: (device: string) => boolean, paper?: true) =>
  (candy: Candy): [string, Candy][] =>
    Object.keys(DIRECTIONS).flatMap((d): [string, Candy][] => {
      const to = plus(candy.at, DIRECTIONS[d]);
      if (!isInside(to, rows.length) || !isOpen(at(rows, to))) return [];
      return [[d, { at: to, colour: dyed(candy.colour, at(rows, to), paper) }]];
    });

const isDone = ({ rows, target }: View) => {
  const corner: Cell = [rows.length, rows.length];
  return (candy: Candy) => isSame(candy.at, corner) && candy.colour === target;
};

export const rainbowCandy = defineTask<View, State>({
  name: "RainbowCandy",
  class: "SO",
  goal: "the far corner with a given colour, over hidden dyes",
  verbs: ["My Move"],
  forms: ["My Move: D (one of N, E, S, W)"],
  budget: { easy: 12, medium: 20, hard: 30 },
  bound: "visit hidden dyes with an unmixed candy until a way to the target colour is known",
  fixes: [
    "colours mix (published: never, so 7/30/30 of 30 targets cannot be reached)",
    "a move out of the grid is refused (published: it ends the game)",
  ],
  generate(random, level) {
    const size = byLevel(level, 3, 4, 5);
    const devices = range(size).map((r) =>
      range(size)
        .map((c) => {
          if (r + c === 0 || r + c === 2 * size - 2) return "-";
          const draw = random.below(10);
          return draw < 4 ? pick(random, [..."RGB"]) : draw < 6 ? "W" : "-";
        })
        .join(""),
    );
    const rows = devices.map((row) => row.replace(/[RGB]/g, "X"));
    const reachable = [..."RGBYCP"].filter((target) =>
      shortestWay<Candy, string>(
        { at: [1, 1], colour: "W" },
        movesOf(devices, () => true),
        isDone({ rows, target }),
      ),
    );
    const target = reachable.length > 0 ? pick(random, reachable) : "R";
    return { view: { rows, target }, state: { at: [1, 1], colour: "W", devices } };
  },
  rules: ({ rows, target }) =>
    `Lead a white (W) candy through a factory of ${rows.length} x ${rows.length} cells from (1,1) at the top left to (${rows.length},${rows.length}) at the bottom right, so that it arrives with colour ${target}:
${rows.map((row) => [...row].join(" ")).join("\n")}
X is a dye of unknown colour (R red, G green or B blue), W bleaches to white, - does nothing. A white candy takes the dye's colour. Two basic colours mix: R and G give Y, G and B give C, R and B give P. A dye does not change a mixed colour.
Move N (up), E (right), S (down) or W (left), not out of the factory; I answer with the candy's colour. You may come back to cells, and pass the last cell with a wrong colour.`,
  step(view, state, { text }) {
    const d = /^[NESW]/i.exec(text)?.[0].toUpperCase();
    if (!d) return refuse("a move is N, E, S or W");
    const to = plus(state.at, DIRECTIONS[d]);
    if (!isInside(to, view.rows.length)) return refuse("that is outside the factory");
    const colour = dyed(state.colour, at(state.devices, to), view.paper);
    const next = { ...state, at: to, colour };
    return isDone(view)(next) ? won(next, "WIN") : live(next, colour);
  },
  *oracle(view) {
    const known = view.rows.map((row) => [...row]);
    let candy: Candy = { at: [1, 1], colour: "W" };
    for (;;) {
      const rows = known.map((row) => row.join(""));
      const isKnown = (device: string) => device !== "X";
      const walk = movesOf(rows, isKnown, view.paper);
      const isBesideDye = (c: Candy) =>
        "WRGB".includes(c.colour) &&
        Object.values(DIRECTIONS).some((d) => {
          const to = plus(c.at, d);
          return isInside(to, rows.length) && at(rows, to) === "X";
        });
      const way = shortestWay(candy, walk, isDone(view)) ?? shortestWay(candy, walk, isBesideDye);
      if (!way) return;
      const isDye = (d: string) => at(rows, plus(candy.at, DIRECTIONS[d])) === "X";
      const beside = Object.keys(DIRECTIONS).filter(
        (d) => isInside(plus(candy.at, DIRECTIONS[d]), rows.length) && isDye(d),
      );
      const move: string | undefined = way[0] ?? beside[0];
      if (move === undefined) return;
      const heard = yield `My Move: ${move}`;
      const to = plus(candy.at, DIRECTIONS[move]);
      if (at(rows, to) === "X") {
        const before = candy.colour;
        const dye = [..."RGB"].find((c) => dyed(before, c, view.paper) === heard);
        if (dye) known[to[0] - 1][to[1] - 1] = dye;
      }
      candy = { at: to, colour: heard };
    }
  },
  guess({ rows }, { at: from }, random) {
    const open = Object.keys(DIRECTIONS).filter((d) =>
      isInside(plus(from, DIRECTIONS[d]), rows.length),
    );
    return `My Move: ${pick(random, open)}`;
  },
  fromPaper(line) {
    const graph = line.at("graph");
    const size = graph.number("size");
    const cells = graph.at("devices");
    const devices = range(size).map((r) =>
      range(size)
        .map((c) => cells.text(cellsOf(size)[r * size + c].join(",")))
        .join(""),
    );
    return {
      view: {
        rows: devices.map((row) => row.replace(/[RGB]/g, "X")),
        target: graph.text("target"),
        paper: true,
      },
      state: { at: [1, 1], colour: "W", devices },
    };
  },
});
