/** ColorMagic: make a grid uniform with three operations of unknown numbers. */

import { byLevel, range, shuffled } from "../draw.ts";
import { defineTask, live, refuse, won } from "../task.ts";

interface View {
  readonly size: number;
  /** Cells row by row. */
  readonly grid: string;
  readonly paper?: true;
}

type Magic = "alpha" | "beta" | "gamma";

interface State {
  readonly grid: string;
  /** What operations 1 to 3 are. */
  readonly order: readonly Magic[];
}

const colours = "RBY";
const all: readonly Magic[] = ["alpha", "beta", "gamma"];

/** Steps along R, B, Y, R for the chosen cell and for its neighbours. */
const turns: Readonly<Record<Magic, readonly [number, number]>> = {
  alpha: [1, 2],
  beta: [1, 1],
  gamma: [0, 1],
};
const publishedTurns = { ...turns, beta: turns.alpha };
const turnsOf = ({ paper }: View) => (paper ? publishedTurns : turns);

const shift = (colour: string, by: number): string => colours[(colours.indexOf(colour) + by) % 3];

/** How far each cell turns: the operations commute, so moves are vectors modulo 3. */
function effect(view: View, magic: Magic, position: number): number[] {
  const [centre, beside] = turnsOf(view)[magic];
  const [row, column] = [Math.floor(position / view.size), position % view.size];
  return range(view.size ** 2).map((i) => {
    const steps = Math.abs(Math.floor(i / view.size) - row) + Math.abs((i % view.size) - column);
    return steps === 0 ? centre : steps === 1 ? beside : 0;
  });
}

const applied = (grid: string, by: readonly number[]): string =>
  [...grid].map((colour, i) => shift(colour, by[i])).join("");

const shown = (grid: string, size: number): string =>
  range(size)
    .map((r) => [...grid.slice(r * size, (r + 1) * size)].join(" "))
    .join("\n");

const isUniform = (grid: string): boolean => new Set(grid).size === 1;

interface Step {
  readonly magic: Magic;
  readonly position: number;
}

/** Fewest moves (at most 6) that make the grid uniform: sums of moves, met in the middle. */
function solveGrid(view: View, grid: string): Step[] | undefined {
  const steps = all.flatMap((magic) =>
    range(view.size ** 2).map((position) => ({
      ...{ magic, position },
      by: effect(view, magic, position),
    })),
  );
  const add = (a: readonly number[], b: readonly number[]) => a.map((x, i) => (x + b[i]) % 3);
  // layers[k]: sums of k moves, each multiset once.
  const layers: Map<string, { sum: number[]; way: number[] }>[] = [];
  const zero = range(view.size ** 2).map(() => 0);
  layers.push(new Map([[zero.join(""), { sum: zero, way: [] }]]));
  const goals = range(3).map((c) => [...grid].map((g) => (3 + c - colours.indexOf(g)) % 3));
  for (let length = 0; length <= 6; length++) {
    const half = Math.ceil(length / 2);
    if (!layers[half]) {
      const next: (typeof layers)[number] = new Map();
      for (const { sum, way } of layers[half - 1].values()) {
        for (let i = way[way.length - 1] ?? 0; i < steps.length; i++) {
          const more = add(sum, steps[i].by);
          next.set(more.join(""), { sum: more, way: [...way, i] });
        }
      }
      layers.push(next);
    }
    for (const goal of goals) {
      for (const { sum, way } of layers[length - half].values()) {
        const rest = layers[half].get(goal.map((g, i) => (3 + g - sum[i]) % 3).join(""));
        if (rest) return [...way, ...rest.way].map((i) => steps[i]);
      }
    }
  }
  return undefined;
}

export const colorMagic = defineTask<View, State>({
  name: "ColorMagic",
  class: "SO",
  goal: "a grid of one colour, by three operations of unknown numbers",
  verbs: ["My Move"],
  forms: ["My Move: operation position"],
  budget: { easy: 10, medium: 12, hard: 14 },
  bound:
    "the scramble's 2/3/4 moves, and at most 6 more to learn the numbers (each move has order 3)",
  fixes: [
    "operations are numbered anew in every instance (published: always the same)",
    "the three operations differ (published: alpha and beta do the same)",
  ],
  generate(random, level) {
    const [size, moves] = byLevel(level, [3, 2], [4, 3], [5, 4]);
    const view = { size, grid: "" };
    let grid = colours[random.below(3)].repeat(size * size);
    while (isUniform(grid)) {
      for (const _ of range(moves)) {
        // Operations have order 3: what two of one do, a third undoes.
        const by = effect(view, all[random.below(3)], random.below(size * size));
        grid = applied(applied(grid, by), by);
      }
    }
    return { view: { size, grid }, state: { grid, order: shuffled(random, all) } };
  },
  rules: ({ size, grid }) =>
    `A grid of ${size} x ${size} cells has colours R, B and Y:
${shown(grid, size)}
Make all cells the same colour. Colours turn R to B to Y to R (forward) or R to Y to B to R (backward). There are three operations, numbered 1, 2 and 3 in an order you do not know; neighbours share an edge:
ALPHA: the chosen cell turns forward, its neighbours turn backward.
BETA: the chosen cell and its neighbours turn forward.
GAMMA: the chosen cell stays, its neighbours turn forward.
A move names an operation and a position (1 to ${size * size}, row by row); I answer with the new grid.`,
  step(view, { grid, order }, { numbers }) {
    const [operation, position] = numbers;
    const isMove = numbers.length === 2 && operation >= 1 && operation <= 3;
    if (!isMove || position < 1 || position > view.size ** 2) {
      return refuse(`a move is an operation of 1 to 3 and a position of 1 to ${view.size ** 2}`);
    }
    const next = applied(grid, effect(view, order[operation - 1], position - 1));
    const state = { grid: next, order };
    const text = shown(next, view.size);
    return isUniform(next) ? won(state, `WIN\n${text}`) : live(state, text);
  },
  *oracle(view) {
    let grid = view.grid;
    const numberOf = new Map<Magic, number>();
    let last = { number: 0, position: 0 };
    for (;;) {
      const plan = solveGrid(view, grid);
      const step = plan?.find((s) => numberOf.has(s.magic)) ?? plan?.[0];
      if (step) {
        const open = [1, 2, 3].find((n) => ![...numberOf.values()].includes(n))!;
        last = { number: numberOf.get(step.magic) ?? open, position: step.position };
      }
      // Without a plan the last move is repeated: three times it does nothing.
      const feedback = yield `My Move: ${last.number} ${last.position + 1}`;
      const next = feedback.replace(/[^RBY]/g, "").slice(-view.grid.length);
      const magic = all.find((m) => applied(grid, effect(view, m, last.position)) === next)!;
      numberOf.set(magic, last.number);
      const missing = all.filter((m) => !numberOf.has(m));
      if (missing.length === 1) {
        numberOf.set(missing[0], [1, 2, 3].find((n) => ![...numberOf.values()].includes(n))!);
      }
      grid = next;
    }
  },
  guess: ({ size }, _, random) =>
    `My Move: ${1 + random.below(3)} ${1 + random.below(size * size)}`,
  fromPaper(line) {
    const graph = line.at("graph");
    const grid = graph.cells("initial_state").flat().join("");
    return {
      view: { size: graph.number("size"), grid, paper: true },
      state: { grid, order: ["beta", "alpha", "gamma"] },
    };
  },
});
