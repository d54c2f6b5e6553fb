/** KnightBattle: capture the other knight, or reach a square that it does not attack. */

import { integersOf } from "../command.ts";
import { byLevel, pick, sample } from "../draw.ts";
import { type Cell, cellsOf, isInside, isSame } from "../grid.ts";
import { defineTask, live, lost, refuse, won } from "../task.ts";

interface View {
  readonly size: number;
  readonly white: Cell;
  readonly black: Cell;
  readonly target: Cell;
  readonly blackTarget: Cell;
}

interface State {
  readonly white: Cell;
  readonly black: Cell;
}

const isJump = ([r, c]: Cell, [x, y]: Cell): boolean => Math.abs((r - x) * (c - y)) === 2;

const jumpsFrom = (at: Cell, size: number): Cell[] =>
  [-2, -1, 1, 2]
    .flatMap((dr) => [-2, -1, 1, 2].map((dc): Cell => [at[0] + dr, at[1] + dc]))
    .filter((to) => isJump(at, to) && isInside(to, size));

/** Jumps to a square from every square. */
function jumpsTo(target: Cell, size: number): Map<string, number> {
  const steps = new Map([[String(target), 0]]);
  const queue: Cell[] = [target];
  for (const at of queue) {
    for (const to of jumpsFrom(at, size)) {
      if (steps.has(String(to))) continue;
      steps.set(String(to), steps.get(String(at))! + 1);
      queue.push(to);
    }
  }
  return steps;
}

export const knightBattle = defineTask<View, State>({
  name: "KnightBattle",
  class: "SG",
  goal: "capture the other knight or reach a safe target first",
  verbs: ["My Move"],
  forms: ["My Move: x y"],
  budget: { easy: 15, medium: 15, hard: 15 },
  bound: "two plies: capture, reach the target, else go nearer on squares that are not attacked",
  fixes: ["a win in turn 15 counts (published: scored as a draw)"],
  generate(random, level) {
    const size = byLevel(level, 6, 8, 15);
    const middle = Math.floor(size / 2);
    const targets: Cell[] = [
      [middle, middle],
      [middle + 1, middle],
    ];
    const free = cellsOf(size).filter((cell) => !targets.some((t) => isSame(t, cell)));
    const [white, black] = sample(random, free, 2);
    const [target, blackTarget] = targets;
    return { view: { size, white, black, target, blackTarget }, state: { white, black } };
  },
  rules: ({ size, white, black, target, blackTarget }) =>
    `On a board of ${size} x ${size} squares (x, y from 1) you have a white knight at (${white}), I have a black one at (${black}). You move first. Knights jump two squares along one axis and one along the other.
You win if you capture my knight, or reach (${target}) while my knight cannot jump there next. I win if I capture yours, or reach (${blackTarget}) while yours cannot jump there next.
I answer with my knight's new square.`,
  step(view, { white, black }, { numbers }, random) {
    const to: Cell = [numbers[0], numbers[1]];
    if (numbers.length !== 2 || !isInside(to, view.size) || !isJump(white, to)) {
      return refuse(`a move is a knight's jump from (${white}) inside the board`);
    }
    if (isSame(to, black)) return won({ white: to, black }, "You capture the knight");
    if (isSame(to, view.target) && !isJump(black, to)) {
      return won({ white: to, black }, "You reach the target");
    }
    const next = { white: to, black: pick(random, jumpsFrom(black, view.size)) };
    const text = next.black.join(" ");
    if (isSame(next.black, to)) return lost(next, `${text} captures your knight`);
    const isHome = isSame(next.black, view.blackTarget) && !isJump(to, next.black);
    return isHome ? lost(next, `${text} reaches its target`) : live(next, text);
  },
  *oracle({ size, white, black, target, blackTarget }) {
    const way = jumpsTo(target, size);
    let [mine, theirs] = [white, black];
    for (;;) {
      const cost = (to: Cell) => {
        if (isSame(to, theirs)) return -100;
        const isAttacked = isJump(theirs, to);
        if (isSame(to, target) && !isAttacked) return -50;
        // Black's target must not be left open to a knight that is one jump away.
        const isOpen = isJump(theirs, blackTarget) && !isJump(to, blackTarget);
        return (way.get(String(to)) ?? 99) + (isAttacked ? 20 : 0) + (isOpen ? 10 : 0);
      };
      const to = jumpsFrom(mine, size).reduce((a, b) => (cost(b) < cost(a) ? b : a));
      const [x, y] = integersOf(yield `My Move: ${to.join(" ")}`);
      [mine, theirs] = [to, [x, y]];
    }
  },
  guess: ({ size }, { white }, random) =>
    `My Move: ${pick(random, jumpsFrom(white, size)).join(" ")}`,
  fromPaper(line) {
    const at = (key: string): Cell => {
      const [x, y] = line.at("answer").numbers(key);
      return [x, y];
    };
    const [white, black] = [at("white_start"), at("black_start")];
    const targets = { target: at("white_target"), blackTarget: at("black_target") };
    const view = { size: line.number("scale"), white, black, ...targets };
    return { view, state: { white, black } };
  },
});
