/** AssiutChess: stalemate a hidden king, which announces its moves, with a queen alone. */

import { byLevel, pick, range } from "../draw.ts";
import { type Cell, cellsOf, isInside, isSame, plus } from "../grid.ts";
import { defineTask, live, refuse, won } from "../task.ts";

interface View {
  readonly size: number;
}

interface State {
  readonly king: Cell;
  readonly queen?: Cell;
}

const names: Readonly<Record<string, Cell>> = {
  Right: [0, 1],
  Left: [0, -1],
  Up: [-1, 0],
  Down: [1, 0],
  "Down-Right": [1, 1],
  "Down-Left": [1, -1],
  "Up-Left": [-1, -1],
  "Up-Right": [-1, 1],
};

const isOnLine = ([r, c]: Cell, [x, y]: Cell): boolean =>
  r === x || c === y || Math.abs(r - x) === Math.abs(c - y);

/** Directions in which the king can go: not onto squares that the queen attacks or holds. */
const escapes = (king: Cell, queen: Cell, size: number): string[] =>
  Object.keys(names).filter((d) => {
    const to = plus(king, names[d]);
    return isInside(to, size) && !isOnLine(to, queen);
  });

const queenMoves = (queen: Cell | undefined, size: number): Cell[] =>
  cellsOf(size).filter((to) => !queen || (isOnLine(queen, to) && !isSame(queen, to)));

/** Expected queen moves to the end against a king that moves at random and is seen. */
const known = new Map<number, (king: Cell, queen: Cell) => number>();

function movesToEnd(size: number): (king: Cell, queen: Cell) => number {
  const before = known.get(size);
  if (before) return before;
  const at = ([r, c]: Cell) => (r - 1) * size + c - 1;
  const cells = cellsOf(size);
  const count = cells.length;
  const moves = cells.map((q) => queenMoves(q, size).map(at));
  const flights = cells.map((k) =>
    cells.map((q) => (isSame(k, q) ? [] : escapes(k, q, size).map((d) => at(plus(k, names[d]))))),
  );
  // after[k][q]: moves still needed when the queen has just come to q.
  const after = range(count).map(() => range(count).map(() => 0));
  for (let sweep = 0; sweep < 40; sweep++) {
    for (const k of range(count)) {
      for (const q of range(count)) {
        const to = flights[k][q];
        const total = to.reduce((sum, f) => {
          let least = Number.POSITIVE_INFINITY;
          for (const m of moves[q]) least = Math.min(least, after[f][m]);
          return sum + 1 + least;
        }, 0);
        after[k][q] = to.length > 0 ? total / to.length : 0;
      }
    }
  }
  const cost = (king: Cell, queen: Cell) => after[at(king)][at(queen)];
  known.set(size, cost);
  return cost;
}

export const assiutChess = defineTask<View, State>({
  name: "AssiutChess",
  class: "SG",
  goal: "a hidden king that announces its moves, with a queen alone",
  verbs: ["My Choice"],
  forms: ["My Choice: row column"],
  budget: { easy: 20, medium: 25, hard: 30 },
  bound: "the move that is best on average over all squares where the king may be",
  fixes: ["a queen that lands on the king wins, which the text now says"],
  generate(random, level) {
    const size = byLevel(level, 4, 6, 7);
    return { view: { size }, state: { king: pick(random, cellsOf(size)) } };
  },
  rules: ({ size }) =>
    `On a board of ${size} x ${size} squares (row 1 at the top) stands a king that you do not see. You have a queen.
First place the queen anywhere. After each of your moves the king goes one step in one of 8 directions, which I announce: ${Object.keys(names).join(", ")}. It never leaves the board and never enters a square in line with the queen (same row, column or diagonal).
Then move the queen along a row, column or diagonal to another square. You win when the king cannot move, or when the queen lands on it; I then answer "Done".`,
  step({ size }, { king, queen }, { numbers }, random) {
    const to: Cell = [numbers[0], numbers[1]];
    if (numbers.length !== 2 || !isInside(to, size)) return refuse("a move is a row and a column");
    if (!queenMoves(queen, size).some((cell) => isSame(cell, to))) {
      return refuse("the queen moves along rows, columns and diagonals, to another square");
    }
    const ways = isSame(king, to) ? [] : escapes(king, to, size);
    if (ways.length === 0) return won({ king, queen: to }, "Done");
    const d = pick(random, ways);
    return live({ king: plus(king, names[d]), queen: to }, d);
  },
  *oracle({ size }) {
    const cost = movesToEnd(size);
    let kings = cellsOf(size);
    let queen: Cell | undefined;
    for (;;) {
      const total = (to: Cell) =>
        kings.reduce((sum, king) => sum + (isSame(king, to) ? 0 : cost(king, to)), 0);
      const costs = queenMoves(queen, size).map((to): [Cell, number] => [to, total(to)]);
      const [to] = costs.reduce((a, b) => (b[1] < a[1] - 1e-9 ? b : a));
      const d = yield `My Choice: ${to.join(" ")}`;
      kings = kings
        .filter((king) => !isSame(king, to) && escapes(king, to, size).includes(d))
        .map((king) => plus(king, names[d]));
      queen = to;
    }
  },
  guess: ({ size }, { queen }, random) =>
    `My Choice: ${pick(random, queenMoves(queen, size)).join(" ")}`,
  fromPaper(line) {
    const [r, c] = (line.text("initial_position").match(/\d+/g) ?? []).map(Number);
    return { view: { size: line.number("scale") }, state: { king: [r, c] } };
  },
});
