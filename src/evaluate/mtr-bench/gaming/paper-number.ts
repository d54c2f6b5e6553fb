/** PaperNumber: write announced numbers on sheets until they do not decrease. */

import { integersOf } from "../command.ts";
import { between, byLevel, range, span } from "../draw.ts";
import { defineTask, live, refuse, won } from "../task.ts";

interface View {
  readonly n: number;
  /** Numbers go from 1 to this. */
  readonly most: number;
  readonly first: number;
}

interface State {
  /** 0: blank. */
  readonly sheets: readonly number[];
  readonly number: number;
}

export const paperNumber = defineTask<View, State>({
  name: "PaperNumber",
  class: "SG",
  goal: "sheets of numbers that do not decrease, as numbers are announced",
  verbs: ["My Choice"],
  forms: ["My Choice: i"],
  budget: { easy: 25, medium: 50, hard: 75 },
  bound: "small numbers from the left, large ones from the right: at most n ceil(c / 2) turns",
  fixes: ["the budget is the guaranteed bound at c = 9 (published 10/20/30 turns are not enough)"],
  generate(random, level) {
    const n = byLevel(level, 5, 10, 15);
    const most = between(random, 5, 9);
    const first = between(random, 1, most);
    return { view: { n, most, first }, state: { sheets: range(n).map(() => 0), number: first } };
  },
  rules: ({ n, most, first }) =>
    `There are ${n} blank sheets in a row, 1 to ${n}. Every turn I announce a number from 1 to ${most}, and you write it on a sheet, over what is there if you like. You win as soon as all sheets have numbers that do not decrease from left to right.
The first number is ${first}. I answer with the next number and the sheets (_ is blank).`,
  step({ n, most }, { sheets, number }, { numbers }, random) {
    const [i] = numbers;
    if (numbers.length !== 1 || i < 1 || i > n) return refuse(`a choice is a sheet of 1 to ${n}`);
    const next = sheets.map((v, j) => (j === i - 1 ? number : v));
    const state = { sheets: next, number: between(random, 1, most) };
    const isDone = next.every((v, j) => v > 0 && (j === 0 || next[j - 1] <= v));
    const text = `[${next.map((v) => v || "_").join(",")}]`;
    return isDone ? won(state, `WIN ${text}`) : live(state, `${state.number} ${text}`);
  },
  *oracle({ n, most, first }) {
    const sheets = range(n).map(() => 0);
    let number = first;
    for (;;) {
      const isSmall = number <= most / 2;
      const order = isSmall ? range(n) : span(0, n - 1).reverse();
      const isWorse = (v: number) => v === 0 || (isSmall ? v > number : v < number);
      const i = order.find((j) => isWorse(sheets[j])) ?? 0;
      sheets[i] = number;
      [number] = integersOf(yield `My Choice: ${i + 1}`);
    }
  },
  guess: ({ n }, _, random) => `My Choice: ${1 + random.below(n)}`,
  fromPaper(line) {
    const n = line.number("scale");
    const first = line.number("initial_value");
    return {
      view: { n, most: line.number("max_number"), first },
      state: { sheets: range(n).map(() => 0), number: first },
    };
  },
});
