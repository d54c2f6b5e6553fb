/** FindBiggest: two hidden treasures, an unreliable compass, one chance to collect. */

import { byLevel, pick, sample, span } from "../draw.ts";
import { type Cell, cellsOf, EIGHT, isInside, isSame, kingNeighbours, kingSteps } from "../grid.ts";
import { defineTask, live, lost, refuse, won } from "../task.ts";

interface View {
  readonly size: number;
}

interface Treasure {
  readonly cell: Cell;
  readonly value: number;
  readonly isSeen: boolean;
}

interface State {
  readonly at: Cell;
  readonly treasures: readonly Treasure[];
  readonly wasWrong: boolean;
}

const nameOf = ([r, c]: Cell): string => `${["N", "", "S"][r + 1]}${["W", "", "E"][c + 1]}`;

const directionTo = (from: Cell, to: Cell): string =>
  nameOf([Math.sign(to[0] - from[0]), Math.sign(to[1] - from[1])]);

export const findBiggest = defineTask<View, State>({
  name: "FindBiggest",
  class: "SO",
  goal: "the larger of two hidden treasures, with a compass that is often wrong",
  verbs: ["My Choice"],
  forms: ["My Choice: row column", "My Choice: COLLECT"],
  budget: { easy: 12, medium: 20, hard: 30 },
  bound: "visit every cell in turn until both are seen, go back to the larger: size^2 + size - 1",
  fixes: ["the budget lets every cell be visited", "treasures differ in value"],
  generate(random, level) {
    const size = byLevel(level, 3, 4, 5);
    const cells = sample(random, cellsOf(size).slice(1), 2);
    const values = sample(random, span(1, 100), 2);
    const treasures = cells.map((cell, i) => ({ cell, value: values[i], isSeen: false }));
    return { view: { size }, state: { at: [1, 1], treasures, wasWrong: false } };
  },
  rules: ({ size }) =>
    `On a grid of ${size} x ${size} cells (row 1 at the top) two treasures of different value (1 to 100) are hidden. You start at (1,1). Collect the larger one.
A move goes to one of the 8 neighbouring cells. I answer "TREASURE v" with its value, or "EMPTY d": d (N, NE, E, SE, S, SW, W, NW; - when both are seen) is the direction of the nearest treasure that you have not visited. In half of the cases the direction is wrong, but never twice in a row.
COLLECT takes the treasure of your cell and ends the game.`,
  step({ size }, state, { text, numbers }, random) {
    const { at, treasures, wasWrong } = state;
    if (/^collect/i.test(text)) {
      const most = Math.max(...treasures.map((t) => t.value));
      const isRight = treasures.some((t) => isSame(t.cell, at) && t.value === most);
      return isRight ? won(state, "WIN") : lost(state, "Not the larger treasure");
    }
    const to: Cell = [numbers[0], numbers[1]];
    if (numbers.length !== 2) return refuse("a move is a row and a column");
    if (!isInside(to, size) || kingSteps(at, to) !== 1) return refuse("INVALID_MOVE");
    const next = treasures.map((t) => (isSame(t.cell, to) ? { ...t, isSeen: true } : t));
    const here = next.find((t) => isSame(t.cell, to));
    if (here) return live({ at: to, treasures: next, wasWrong }, `TREASURE ${here.value}`);
    const [nearest] = next
      .filter((t) => !t.isSeen)
      .sort((a, b) => kingSteps(to, a.cell) - kingSteps(to, b.cell));
    if (!nearest) return live({ at: to, treasures: next, wasWrong: false }, "EMPTY -");
    const right = directionTo(to, nearest.cell);
    const isWrong = !wasWrong && random.below(2) === 0;
    const wrong = EIGHT.map(nameOf).filter((d) => d !== right);
    const told = isWrong ? pick(random, wrong) : right;
    return live({ at: to, treasures: next, wasWrong: isWrong }, `EMPTY ${told}`);
  },
  *oracle({ size }) {
    // Rows in turn, to and fro.
    const snake = cellsOf(size).map(([r, c]): Cell => [r, r % 2 ? c : size + 1 - c]);
    const found: { cell: Cell; value: number }[] = [];
    let at: Cell = snake[0];
    for (const cell of snake.slice(1)) {
      const heard = yield `My Choice: ${cell.join(" ")}`;
      at = cell;
      const value = /^TREASURE (\d+)/.exec(heard)?.[1];
      if (value) found.push({ cell, value: Number(value) });
      if (found.length === 2) break;
    }
    const best = found.reduce((a, b) => (b.value > a.value ? b : a)).cell;
    while (!isSame(at, best)) {
      const from: Cell = at;
      at = [from[0] + Math.sign(best[0] - from[0]), from[1] + Math.sign(best[1] - from[1])];
      yield `My Choice: ${at.join(" ")}`;
    }
    yield "My Choice: COLLECT";
  },
  guess({ size }, { at, treasures }, random) {
    const isHere = treasures.some((t) => isSame(t.cell, at));
    if (isHere && random.below(2)) return "My Choice: COLLECT";
    return `My Choice: ${pick(random, kingNeighbours(at, size)).join(" ")}`;
  },
  fromPaper(line) {
    const graph = line.at("graph");
    const treasures = graph.items("treasures").map(
      (t): Treasure => ({
        cell: [t.number("x"), t.number("y")],
        value: t.number("value"),
        isSeen: false,
      }),
    );
    return {
      view: { size: graph.number("grid_size") },
      state: { at: [1, 1], treasures, wasWrong: false },
    };
  },
});
