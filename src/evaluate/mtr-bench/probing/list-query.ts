/** ListQuery: the least value of a sorted linked list whose cells are shuffled. */

import { integersOf } from "../command.ts";
import { byLevel, range, sample, shuffled, span } from "../draw.ts";
import { defineTask, live, refuse, won } from "../task.ts";

interface View {
  readonly n: number;
}

interface Cell {
  readonly value: number;
  /** The next cell's number from 1; -1 at the end. */
  readonly next: number;
}

export const listQuery = defineTask<View, readonly Cell[]>({
  name: "ListQuery",
  class: "IP",
  goal: "the least value of a sorted linked list in shuffled cells",
  verbs: ["My Query", "My Answer"],
  forms: ["My Query: i", "My Answer: v"],
  budget: { easy: 10, medium: 10, hard: 12 },
  bound: "n queries: the head is the cell to which no other points",
  fixes: ["the budget covers the worst case at n = 11; the published 10 rounds do not"],
  generate(random, level) {
    const n = byLevel(level, 5, 9, 11);
    const values = sample(random, span(1, 500), n).sort((a, b) => a - b);
    const order = shuffled(random, span(1, n));
    const cells: Cell[] = [];
    for (const i of range(n)) cells[order[i] - 1] = { value: values[i], next: order[i + 1] ?? -1 };
    return { view: { n }, state: cells };
  },
  rules: ({ n }) =>
    `A linked list lies in cells 1 to ${n} in unknown order. Its values rise from the head to the end. Each cell holds a value and the number of the next cell, -1 at the end. Find the least value.
A query names a cell; I answer with its value and its next cell. A wrong answer costs a turn.`,
  step({ n }, cells, { verb, numbers }) {
    if (numbers.length !== 1) return refuse("one number is expected");
    const [i] = numbers;
    if (verb === "My Query") {
      if (i < 1 || i > n) return refuse(`cells go from 1 to ${n}`);
      return live(cells, `value=${cells[i - 1].value}, next=${cells[i - 1].next}`);
    }
    return i === Math.min(...cells.map((c) => c.value)) ? won(cells) : live(cells, "Incorrect");
  },
  *oracle({ n }) {
    const values = new Map<number, number>();
    const pointedTo = new Set<number>();
    for (;;) {
      // The head is among cells to which nothing points yet.
      const heads = span(1, n).filter((i) => !pointedTo.has(i));
      const asked = heads.find((i) => !values.has(i));
      if (asked === undefined || (heads.length === 1 && values.has(heads[0]))) break;
      const [value, next] = integersOf(yield `My Query: ${asked}`);
      values.set(asked, value);
      pointedTo.add(next);
    }
    yield `My Answer: ${Math.min(...values.values())}`;
  },
  guess({ n }, _, random) {
    if (random.below(2)) return `My Query: ${1 + random.below(n)}`;
    return `My Answer: ${1 + random.below(500)}`;
  },
  fromPaper(line) {
    const list = line.at("list");
    const cells: Cell[] = [];
    for (const key of list.keys()) {
      const cell = list.at(key);
      cells[Number(key) - 1] = { value: cell.number("value"), next: cell.number("next") };
    }
    return { view: { n: cells.length }, state: cells };
  },
});
