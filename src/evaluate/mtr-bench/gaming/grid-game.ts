/** GridGame: pick adjacent cells in turn; the smaller sum wins. */

import { integersOf } from "../command.ts";
import { byLevel, pick, range, shuffled, span } from "../draw.ts";
import { type Cell, cellsOf, DIRECTIONS, isSame, plus } from "../grid.ts";
import { defineTask, live, lost, refuse, won } from "../task.ts";

interface View {
  readonly rows: number;
  readonly columns: number;
  /** Values row by row. */
  readonly values: readonly number[];
}

interface State {
  /** Taken cells in order: the player's first, then by turns. */
  readonly taken: readonly Cell[];
}

const valueAt = ({ columns, values }: View, [r, c]: Cell): number =>
  values[(r - 1) * columns + c - 1];

/** Free cells beside taken ones; at first all. */
function openCells({ rows, columns }: View, taken: readonly Cell[]): Cell[] {
  const isTaken = (cell: Cell) => taken.some((t) => isSame(t, cell));
  return cellsOf(rows, columns).filter(
    (cell) =>
      !isTaken(cell) &&
      (taken.length === 0 || Object.values(DIRECTIONS).some((d) => isTaken(plus(cell, d)))),
  );
}

const sums = (view: View, taken: readonly Cell[]): [number, number] => {
  const total = (rest: number) =>
    taken.reduce((sum, cell, i) => (i % 2 === rest ? sum + valueAt(view, cell) : sum), 0);
  return [total(0), total(1)];
};

export const gridGame = defineTask<View, State>({
  name: "GridGame",
  class: "SG",
  goal: "the smaller sum, picking adjacent cells in turn",
  verbs: ["My Choice"],
  forms: ["My Choice: row column"],
  budget: { easy: 9, medium: 13, hard: 19 },
  bound: "the smallest open cell, less what it opens: wins most games against random picks",
  fixes: [
    "one rule scores the game: the smaller sum wins, equal sums lose (published: three rules that differ)",
    "three spare turns for corrections",
  ],
  generate(random, level) {
    const [rows, columns] = byLevel(level, [3, 4], [5, 4], [8, 4]);
    const values = shuffled(random, span(1, rows * columns));
    return { view: { rows, columns, values }, state: { taken: [] } };
  },
  rules: (view) =>
    `We pick cells of this grid in turn, each once; you begin:
${range(view.rows)
  .map((r) => view.values.slice(r * view.columns, (r + 1) * view.columns).join(" "))
  .join("\n")}
Your first cell is free; every later cell, yours and mine, shares an edge with a cell picked before. When all are picked, you win if the sum of your numbers is smaller than mine.
I answer with my cell.`,
  step(view, { taken }, { numbers }, random) {
    const to: Cell = [numbers[0], numbers[1]];
    const isOpen = openCells(view, taken).some((cell) => isSame(cell, to));
    if (numbers.length !== 2 || !isOpen) {
      return refuse("a choice is the row and column of a free cell beside a picked one");
    }
    const mine = openCells(view, [...taken, to]);
    const answer = mine.length > 0 ? [pick(random, mine)] : [];
    const state = { taken: [...taken, to, ...answer] };
    const text = `My Choice: ${answer.map((cell) => cell.join(" ")).join()}`;
    if (state.taken.length < view.values.length) return live(state, text);
    const [yours, theirs] = sums(view, state.taken);
    const end = `${text}\nYour sum is ${yours}, mine is ${theirs}`;
    return yours < theirs ? won(state, end) : lost(state, end);
  },
  *oracle(view) {
    let taken: Cell[] = [];
    for (;;) {
      const open = openCells(view, taken);
      // Cells that the pick opens are the opponent's to take: large ones are welcome.
      const cost = (cell: Cell) => {
        const opened = openCells(view, [...taken, cell]).map((c) => valueAt(view, c));
        const mean = opened.length > 0 ? opened.reduce((a, b) => a + b) / opened.length : 0;
        return valueAt(view, cell) - mean / 2;
      };
      const choice = open.reduce((a, b) => (cost(b) < cost(a) ? b : a));
      const [r, c] = integersOf(yield `My Choice: ${choice.join(" ")}`);
      taken = [...taken, choice, [r, c]];
    }
  },
  guess: (view, { taken }, random) =>
    `My Choice: ${pick(random, openCells(view, taken)).join(" ")}`,
  fromPaper(line) {
    const [rows, columns] = line.numbers("scale");
    const grid = line.at("initial_grid");
    const values = cellsOf(rows, columns).map(([r, c]) => grid.number(`(${r}, ${c})`));
    return { view: { rows, columns, values }, state: { taken: [] } };
  },
});
