/** BitGuessing: a number known by its count of one bits, from which the player subtracts. */

import { bestQuery } from "../belief.ts";
import { byLevel, popcount, span } from "../draw.ts";
import { defineTask, live, lost, refuse, won } from "../task.ts";

interface View {
  readonly most: number;
  /** One bits of the number at the start; -1 where it is not told (published instances). */
  readonly bits: number;
  readonly paper?: true;
}

const answerTo = (n: number, x: number): string => (x > n ? "Too large" : String(popcount(n - x)));

export const bitGuessing = defineTask<View, number>({
  name: "BitGuessing",
  class: "DA",
  goal: "a number, by subtracting from it and hearing its count of one bits",
  verbs: ["My Operation", "My Answer"],
  forms: ["My Operation: x", "My Answer: n"],
  budget: { easy: 10, medium: 10, hard: 10 },
  bound: "entropy search over all numbers, 3 to 6 subtractions",
  fixes: [
    "the initial count of bits is told",
    "a subtraction that is too large changes nothing (published: it ends the game)",
  ],
  generate(random, level) {
    const most = byLevel(level, 50, 150, 500);
    const n = 1 + random.below(most);
    return { view: { most, bits: popcount(n) }, state: n };
  },
  rules: ({ most, bits }) =>
    `I hold a number from 1 to ${most}. In binary it has ${bits} one bits. Find its current value.
An operation x (at least 1) subtracts x from the number; I answer with the count of one bits of the new number, or "Too large" if x is larger than the number, which then stays.
An answer is the number's current value, after all subtractions. A wrong one costs a turn.`,
  step({ paper }, n, { verb, numbers }) {
    if (numbers.length !== 1) return refuse("one number is expected");
    const [x] = numbers;
    if (verb === "My Answer") return x === n ? won(n) : live(n, "Incorrect");
    if (x < 1) return refuse("x is at least 1");
    if (x > n) return paper ? lost(n, "Invalid: larger than the number") : live(n, "Too large");
    return live(n - x, answerTo(n, x));
  },
  *oracle({ most, bits }, random) {
    let values = span(1, most).filter((n) => bits < 0 || popcount(n) === bits);
    while (values.length > 1) {
      const x = bestQuery(values, span(1, most), answerTo, random);
      const heard = yield `My Operation: ${x}`;
      values = values
        .filter((n) => answerTo(n, x) === heard)
        .map((n) => (heard === "Too large" ? n : n - x));
    }
    yield `My Answer: ${values[0]}`;
  },
  guess({ most }, _, random) {
    const x = 1 + random.below(most);
    return random.below(2) ? `My Operation: ${x}` : `My Answer: ${x - 1}`;
  },
  candidates: ({ most, bits }) => span(1, most).filter((n) => popcount(n) === bits),
  fromPaper(line) {
    const most = { easy: 50, medium: 150, hard: 500 }[line.text("difficulty")] ?? 500;
    return { view: { most, bits: -1, paper: true }, state: line.number("answer") };
  },
});
