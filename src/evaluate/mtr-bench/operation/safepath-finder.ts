/** SafepathFinder: from corner to corner past hidden traps, by counts of traps around. */

import { integersOf } from "../command.ts";
import { byLevel, pick, sample } from "../draw.ts";
import {
  type Cell,
  cellsOf,
  isInside,
  isSame,
  kingNeighbours,
  kingSteps,
  shortestWay,
} from "../grid.ts";
import { defineTask, live, lost, refuse, won } from "../task.ts";

interface View {
  readonly size: number;
  /** Traps around the start; -1 where not told (published instances). */
  readonly start: number;
}

interface State {
  readonly at: Cell;
  readonly traps: readonly Cell[];
}

const isTrap = (traps: readonly Cell[], cell: Cell) => traps.some((trap) => isSame(trap, cell));

const danger = (traps: readonly Cell[], at: Cell, size: number): number =>
  kingNeighbours(at, size).filter((cell) => isTrap(traps, cell)).length;

export const safepathFinder = defineTask<View, State>({
  name: "SafepathFinder",
  class: "SO",
  goal: "a way past hidden traps, by counts of traps around",
  verbs: ["My Choice"],
  forms: ["My Choice: row column"],
  budget: { easy: 24, medium: 32, hard: 40 },
  bound:
    "exact trap probabilities from all placements that fit; some instances need luck and are not used",
  fixes: [
    "the danger level at the start and the number of traps are told",
    "instances that the reference player loses by bad luck are drawn again",
  ],
  generate(random, level) {
    const size = byLevel(level, 5, 6, 7);
    const goal: Cell = [size, size];
    const isFree = (cell: Cell) => !isSame(cell, [1, 1]) && !isSame(cell, goal);
    for (;;) {
      const k = 2 + random.below(size - 2);
      const others = cellsOf(size).filter((cell) => isFree(cell) && !isSame(cell, [k, k]));
      const traps: Cell[] = [[k, k], ...sample(random, others, size - 2)];
      const way = shortestWay<Cell, number>(
        [1, 1],
        (from) =>
          kingNeighbours(from, size)
            .filter((to) => !isTrap(traps, to))
            .map((to) => [0, to]),
        (cell) => isSame(cell, goal),
      );
      if (!way) continue;
      return { view: { size, start: danger(traps, [1, 1], size) }, state: { at: [1, 1], traps } };
    }
  },
  rules: ({ size, start }) =>
    `Cross a grid of ${size} x ${size} cells from (1,1) to (${size},${size}). Exactly ${size - 1} cells are hidden traps; to step on one loses the game. Start and goal are safe.
A move goes to one of the 8 neighbouring cells. I answer "DANGER_LEVEL v": v is the number of traps among the 8 cells around you. At (1,1) it is ${start}.`,
  step({ size }, state, { numbers }) {
    const to: Cell = [numbers[0], numbers[1]];
    if (numbers.length !== 2) return refuse("a move is a row and a column");
    if (!isInside(to, size) || kingSteps(state.at, to) !== 1) {
      return refuse("that cell is not one of the 8 around you");
    }
    const next = { ...state, at: to };
    if (isTrap(state.traps, to)) return lost(next, "TRAP");
    if (isSame(to, [size, size])) return won(next, "SUCCESS");
    return live(next, `DANGER_LEVEL ${danger(state.traps, to, size)}`);
  },
  *oracle({ size, start }) {
    const levels = new Map<string, number>([["1,1", start]]);
    let at: Cell = [1, 1];
    for (;;) {
      const risks = trapRisks(size, levels);
      const edge = cellsOf(size).filter(
        (cell) =>
          !levels.has(String(cell)) &&
          kingNeighbours(cell, size).some((c) => levels.has(String(c))),
      );
      const cost = (cell: Cell) =>
        1000 * (risks.get(String(cell)) ?? 0) +
        2 * kingSteps(cell, [size, size]) +
        kingSteps(at, cell);
      const to = edge.reduce((a, b) => (cost(b) < cost(a) ? b : a));
      const steps = shortestWay<Cell, Cell>(
        at,
        (from) =>
          kingNeighbours(from, size)
            .filter((c) => levels.has(String(c)) || isSame(c, to))
            .map((c) => [c, c]),
        (cell) => isSame(cell, to),
      );
      if (!steps) return;
      for (const step of steps) {
        const [level] = integersOf(yield `My Choice: ${step.join(" ")}`);
        levels.set(String(step), level);
        at = step;
      }
    }
  },
  guess: ({ size }, { at }, random) =>
    `My Choice: ${pick(random, kingNeighbours(at, size)).join(" ")}`,
  fromPaper: (line) => ({
    view: { size: line.number("scale"), start: -1 },
    state: { at: [1, 1], traps: line.rows("traps").map(([r, c]): Cell => [r, c]) },
  }),
});

/** For each cell beside visited ones how likely it is a trap: over all placements that fit. */
function trapRisks(size: number, levels: ReadonlyMap<string, number>): Map<string, number> {
  const goal = `${size},${size}`;
  const isKnown = (key: string) => levels.has(key) || key === goal;
  const unknown = cellsOf(size)
    .map(String)
    .filter((key) => !isKnown(key));
  const sums = [...levels]
    .filter(([, level]) => level >= 0)
    .map(([key, level]) => {
      const [r, c] = key.split(",").map(Number);
      return { left: level, around: kingNeighbours([r, c], size).map(String) };
    });
  const beside = unknown.filter((key) => sums.some((s) => s.around.includes(key)));
  const away = unknown.length - beside.length;
  const weights = new Map<string, number>();
  let total = 0;
  const placed: string[] = [];
  const place = (i: number): void => {
    const left = size - 1 - placed.length;
    if (left < 0 || sums.some((s) => s.left < 0)) return;
    // Every sum must still be reachable with the cells to come.
    const open = beside.slice(i);
    if (sums.some((s) => s.left > s.around.filter((key) => open.includes(key)).length)) return;
    if (i === beside.length) {
      const ways = choose(away, left);
      total += ways;
      for (const key of placed) weights.set(key, (weights.get(key) ?? 0) + ways);
      return;
    }
    place(i + 1);
    const touched = sums.filter((s) => s.around.includes(beside[i]));
    for (const s of touched) s.left--;
    placed.push(beside[i]);
    place(i + 1);
    placed.pop();
    for (const s of touched) s.left++;
  };
  place(0);
  return new Map([...weights].map(([key, weight]) => [key, weight / total]));
}

function choose(n: number, k: number): number {
  let ways = k > n ? 0 : 1;
  for (let i = 0; i < k; i++) ways = (ways * (n - i)) / (i + 1);
  return ways;
}
