/** GridColoring: have cells coloured until four corners of a rectangle differ. */

import { integersOf } from "../command.ts";
import { byLevel, pairsOf, range, sample } from "../draw.ts";
import { cellsOf } from "../grid.ts";
import { defineTask, live, refuse, won } from "../task.ts";

interface View {
  readonly size: number;
  readonly colours: number;
  /** Coloured cells at the start: "x,y" and colour. */
  readonly start: Readonly<Record<string, number>>;
}

interface State {
  readonly cells: Readonly<Record<string, number>>;
}

type Rectangle = readonly [x1: number, x2: number, y1: number, y2: number];

const cornersOf = ([x1, x2, y1, y2]: Rectangle): string[] => [
  `${x1},${y1}`,
  `${x1},${y2}`,
  `${x2},${y1}`,
  `${x2},${y2}`,
];

/** The rectangle with the most corners of different colours and none of equal ones. */
function bestRectangle(size: number, cells: State["cells"]): Rectangle {
  // Half a million corners at size 30: colours by index, 0 for none.
  const at = range(size).map((x) => range(size).map((y) => cells[`${x + 1},${y + 1}`] ?? 0));
  let best: Rectangle = [1, 2, 1, 2];
  let most = -1;
  for (const [x1, x2] of pairsOf(size)) {
    for (let y1 = 0; y1 < size; y1++) {
      const [a, b] = [at[x1][y1], at[x2][y1]];
      if (a > 0 && a === b) continue;
      for (let y2 = y1 + 1; y2 < size; y2++) {
        const [c, d] = [at[x1][y2], at[x2][y2]];
        const isMixed = c === 0 || (c !== a && c !== b && c !== d);
        if (!isMixed || (d > 0 && (d === a || d === b))) continue;
        const found = Number(a > 0) + Number(b > 0) + Number(c > 0) + Number(d > 0);
        if (found <= most) continue;
        [best, most] = [[x1 + 1, x2 + 1, y1 + 1, y2 + 1], found];
      }
    }
  }
  return best;
}

export const gridColoring = defineTask<View, State>({
  name: "GridColoring",
  class: "SG",
  goal: "a rectangle with four different colours at its corners",
  verbs: ["My Choice", "My Answer"],
  forms: ["My Choice: x y", "My Answer: x1 x2 y1 y2"],
  budget: { easy: 10, medium: 10, hard: 10 },
  bound: "three choices and an answer, unless a new colour equals that of another corner",
  generate(random, level) {
    const size = byLevel(level, 30, 20, 10);
    const cells = sample(random, cellsOf(size), 2 * size - 3);
    const colour = 1 + random.below(2 * size);
    const start = Object.fromEntries(cells.map((cell) => [String(cell), colour]));
    return { view: { size, colours: 2 * size, start }, state: { cells: start } };
  },
  rules: ({ size, colours, start }) =>
    `On a grid of ${size} x ${size} cells (x and y from 1 to ${size}) these cells x,y have colour ${Object.values(start)[0]}: ${Object.keys(start).join("; ")}.
Choose a cell without colour; I colour it with a colour from 1 to ${colours} and tell you which. When four corners (x1,y1), (x1,y2), (x2,y1), (x2,y2) of a rectangle have four different colours, name it in an answer to win. A wrong answer costs a turn.`,
  step({ size, colours }, { cells }, { verb, numbers }, random) {
    if (numbers.some((v) => v < 1 || v > size)) return refuse(`coordinates go from 1 to ${size}`);
    if (verb === "My Choice") {
      if (numbers.length !== 2) return refuse("a choice is x and y");
      const key = numbers.join();
      if (key in cells) return refuse("that cell has a colour");
      const colour = 1 + random.below(colours);
      const text = `Cell (${key}) colored with color ${colour}`;
      return live({ cells: { ...cells, [key]: colour } }, text);
    }
    if (numbers.length !== 4) return refuse("an answer is x1 x2 y1 y2");
    const [x1, x2, y1, y2] = numbers;
    const found = cornersOf([x1, x2, y1, y2]).flatMap((key) => cells[key] ?? []);
    const isRight = x1 !== x2 && y1 !== y2 && new Set(found).size === 4;
    return isRight ? won({ cells }, "Win") : live({ cells }, "Incorrect");
  },
  *oracle({ size, start }) {
    const cells = { ...start };
    for (;;) {
      const rectangle = bestRectangle(size, cells);
      const open = cornersOf(rectangle).find((key) => !(key in cells));
      if (!open) {
        yield `My Answer: ${rectangle.join(" ")}`;
        return;
      }
      const heard = integersOf(yield `My Choice: ${open.replace(",", " ")}`);
      cells[open] = heard[heard.length - 1];
    }
  },
  guess({ size }, { cells }, random) {
    if (random.below(2)) {
      const [[x1, x2], [y1, y2]] = range(2).map(() => sample(random, range(size), 2));
      return `My Answer: ${x1 + 1} ${x2 + 1} ${y1 + 1} ${y2 + 1}`;
    }
    const free = cellsOf(size).filter((cell) => !(String(cell) in cells));
    return `My Choice: ${free[random.below(free.length)].join(" ")}`;
  },
  fromPaper(line) {
    const size = line.number("scale");
    const colored = line.at("colored_cells");
    const start = Object.fromEntries(
      colored.keys().map((key) => [integersOf(key).join(), colored.number(key)]),
    );
    return { view: { size, colours: 2 * size, start }, state: { cells: start } };
  },
});
