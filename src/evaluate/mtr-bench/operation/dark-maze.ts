/** DarkMaze: from corner to corner through a maze whose walls are found by bumping into them. */

import { byLevel, pick, shuffled } from "../draw.ts";
import { type Cell, cellsOf, DIRECTIONS, isInside, isSame, plus, shortestWay } from "../grid.ts";
import { defineTask, live, refuse, won } from "../task.ts";

interface View {
  readonly size: number;
}

interface State {
  readonly at: Cell;
  /** Walls inside the maze as "row,column,direction", from both sides. */
  readonly walls: readonly string[];
}

const opposite: Readonly<Record<string, string>> = { N: "S", S: "N", E: "W", W: "E" };
const wallsAt = (at: Cell, direction: string): string[] => [
  `${at},${direction}`,
  `${plus(at, DIRECTIONS[direction])},${opposite[direction]}`,
];

const movesFrom = (at: Cell, size: number, walls: { has(wall: string): boolean }) =>
  Object.keys(DIRECTIONS).flatMap((d): [string, Cell][] => {
    const to = plus(at, DIRECTIONS[d]);
    return isInside(to, size) && !walls.has(`${at},${d}`) ? [[d, to]] : [];
  });

export const darkMaze = defineTask<View, State>({
  name: "DarkMaze",
  class: "SO",
  goal: "the opposite corner of a maze with unseen walls",
  verbs: ["My Choice"],
  forms: ["My Choice: D (one of N, E, S, W)"],
  budget: { easy: 10, medium: 20, hard: 40 },
  bound:
    "each move goes on or finds one of the inner walls; ways are planned as if unseen walls were open",
  generate(random, level) {
    const size = byLevel(level, 2, 3, 4);
    const open = new Set<string>();
    // A random tree of passages, and some more.
    const reached: Cell[] = [[1, 1]];
    while (reached.length < size * size) {
      const from = pick(random, reached);
      const d = pick(random, Object.keys(DIRECTIONS));
      const to = plus(from, DIRECTIONS[d]);
      const isNew = isInside(to, size) && !reached.some((cell) => isSame(cell, to));
      if (!isNew) continue;
      reached.push(to);
      for (const wall of wallsAt(from, d)) open.add(wall);
    }
    const inner = cellsOf(size).flatMap((at) =>
      ["E", "S"].filter((d) => isInside(plus(at, DIRECTIONS[d]), size)).map((d) => wallsAt(at, d)),
    );
    const closed = shuffled(
      random,
      inner.filter(([wall]) => !open.has(wall)),
    );
    const walls = closed.slice(Math.floor(closed.length / 4)).flat();
    return { view: { size }, state: { at: [1, 1], walls } };
  },
  rules: ({ size }) =>
    `Find the way through a dark maze of ${size} x ${size} cells, from (1,1) at the top left to (${size},${size}) at the bottom right. Between neighbouring cells may be walls that you do not see.
Move north (N, up), east (E, right), south (S, down) or west (W, left). I answer MOVED, BLOCKED (a wall; you stay) or WIN. Moves out of the maze are not allowed.`,
  step({ size }, { at, walls }, { text }) {
    const d = /^[NESW]/i.exec(text)?.[0].toUpperCase();
    if (!d) return refuse("a move is N, E, S or W");
    const to = plus(at, DIRECTIONS[d]);
    if (!isInside(to, size)) return refuse("INVALID, that is outside the maze");
    if (walls.includes(`${at},${d}`)) return live({ at, walls }, "BLOCKED");
    const next = { at: to, walls };
    return isSame(to, [size, size]) ? won(next, "WIN") : live(next, "MOVED");
  },
  *oracle({ size }) {
    let at: Cell = [1, 1];
    const walls = new Set<string>();
    for (;;) {
      const isGoal = (cell: Cell) => isSame(cell, [size, size]);
      const way = shortestWay(at, (from) => movesFrom(from, size, walls), isGoal);
      if (!way) return;
      const [d] = way;
      if ((yield `My Choice: ${d}`) === "BLOCKED") for (const w of wallsAt(at, d)) walls.add(w);
      else at = plus(at, DIRECTIONS[d]);
    }
  },
  guess({ size }, { at }, random) {
    const moves = movesFrom(at, size, { has: () => false });
    return `My Choice: ${pick(random, moves)[0]}`;
  },
  fromPaper(line) {
    const maze = line.at("maze");
    const rooms = maze.at("rooms");
    const walls = rooms.keys().flatMap((key) =>
      rooms
        .at(key)
        .texts("walls")
        .map((d) => `${key},${d}`),
    );
    return { view: { size: maze.number("size") }, state: { at: [1, 1], walls } };
  },
});
