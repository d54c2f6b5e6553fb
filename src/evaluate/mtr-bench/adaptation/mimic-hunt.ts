/** MimicHunt: one of many objects changes its type; find it among shuffled ones. */

import { integersOf } from "../command.ts";
import { areDistinctIn, byLevel, range, sample, shuffled, span } from "../draw.ts";
import { defineTask, live, lost, refuse, won } from "../task.ts";

interface View {
  readonly types: readonly number[];
  readonly paper?: true;
}

interface State {
  /** As shown last. */
  readonly types: readonly number[];
  readonly mimic: number;
  /** Stages for which the mimic has shown its type. */
  readonly age: number;
}

const countOf = (types: readonly number[], type: number): number =>
  types.filter((t) => t === type).length;

export const mimicHunt = defineTask<View, State>({
  name: "MimicHunt",
  class: "DA",
  goal: "the one object that changes its type, among shuffled ones",
  verbs: ["My Query", "My Answer"],
  forms: ["My Query: - k x1 ... xk", "My Answer: i"],
  budget: { easy: 10, medium: 10, hard: 10 },
  bound: "6 turns: wait until a type grows (2), keep only that type (1), wait again (2), answer",
  fixes: [
    "positions are those of the list shown last, in queries and answers, and removals last",
    "the mimic changes after at most two stages, to another type, as the text says",
  ],
  generate(random, level) {
    const n = byLevel(level, 5, 10, 20);
    const types = range(n).map(() => 1 + random.below(9));
    return { view: { types }, state: { types, mimic: random.below(n), age: 1 } };
  },
  rules: ({ types }) =>
    `There are ${types.length} objects with types 1 to 9: [${types.join(", ")}]. One is a mimic. Find it.
A query removes k objects (k may be 0) at positions counted from 1 in the list shown last; removing the mimic loses the game. Then a new stage begins: the mimic may take another type of 1 to 9, and it never shows one type for more than two stages; the other objects keep theirs. The remaining objects are shuffled and I show their types.
An answer is the mimic's position in the list shown last. A wrong one costs a turn and begins no stage.`,
  step({ paper }, state, { verb, text, numbers }, random) {
    const { types, mimic, age } = state;
    if (verb === "My Answer") {
      if (numbers.length !== 1) return refuse("an answer takes one position");
      return numbers[0] === mimic + 1 ? won(state) : live(state, "Incorrect");
    }
    const [k, ...gone] = numbers;
    if (!text.startsWith("-") || k < 0 || gone.length !== k)
      return refuse("a query is - k x1 ... xk");
    if (paper && k === 0) return refuse("a query removes at least one object");
    const isAll = !paper && gone.length === types.length;
    if (!areDistinctIn(gone, 1, types.length) || isAll) {
      return refuse(`positions are different ones of 1 to ${types.length}, and not all`);
    }
    if (!paper && gone.includes(mimic + 1)) return lost(state, "You removed the mimic");
    if (paper) {
      // Removals do not last, answers mean the first list, and the mimic changes behind the view, at
      // every second one that shows it.
      const order = shuffled(random, range(types.length)).filter((i) => !gone.includes(i + 1));
      const said = `[${order.map((i) => types[i]).join(", ")}]`;
      if (gone.includes(mimic + 1)) return live(state, said);
      if (age < 2) return live({ ...state, age: age + 1 }, said);
      const other = 1 + ((types[mimic] - 1 + 1 + random.below(8)) % 9);
      return live({ types: types.map((t, i) => (i === mimic ? other : t)), mimic, age: 1 }, said);
    }
    const mustChange = age >= 2;
    const isNew = mustChange || random.below(2) === 0;
    const shift = 1 + random.below(8);
    const shown = types.map((t, i) => (i === mimic && isNew ? 1 + ((t - 1 + shift) % 9) : t));
    const order = shuffled(random, range(types.length));
    const kept = order.filter((i) => !gone.includes(i + 1));
    const next = { types: kept.map((i) => shown[i]), mimic: kept.indexOf(mimic) };
    return live({ ...next, age: isNew ? 1 : age + 1 }, `[${next.types.join(", ")}]`);
  },
  *oracle({ types }) {
    let shown = [...types];
    let grown = 0;
    while (grown === 0) {
      const next = integersOf(yield "My Query: - 0");
      grown = next.find((t) => countOf(next, t) > countOf(shown, t)) ?? 0;
      shown = next;
    }
    let others = span(1, shown.length).filter((i) => shown[i - 1] !== grown);
    while (shown.length > others.length + 1) {
      shown = integersOf(yield `My Query: - ${[others.length, ...others].join(" ")}`);
      const changed = shown.findIndex((t) => t !== grown);
      if (changed >= 0 && shown.length > 1) {
        yield `My Answer: ${changed + 1}`;
        return;
      }
      others = [];
    }
    yield `My Answer: ${shown.length === 1 ? 1 : shown.indexOf(grown) + 1}`;
  },
  guess(_, { types }, random) {
    const n = types.length;
    if (random.below(2)) return `My Answer: ${1 + random.below(n)}`;
    const k = random.below(n);
    return `My Query: - ${[k, ...sample(random, span(1, n), k)].join(" ")}`;
  },
  fromPaper(line) {
    const types = line.numbers("list");
    return {
      view: { types, paper: true },
      state: { types, mimic: line.number("answer") - 1, age: 1 },
    };
  },
});
