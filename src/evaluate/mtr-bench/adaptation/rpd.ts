/** RPD: a password that is changed by every wrong guess. */

import { between, byLevel, span } from "../draw.ts";
import { defineTask, live, refuse, won } from "../task.ts";

interface View {
  readonly low: number;
  readonly high: number;
}

const changed = (x: number, guess: number, { low, high }: View): number =>
  low + ((x ^ guess) % (high - low + 1));

export const rpd = defineTask<View, number>({
  name: "RPD",
  class: "DA",
  goal: "a password that every wrong guess changes by XOR",
  verbs: ["My Guess"],
  forms: ["My Guess: y"],
  budget: { easy: 10, medium: 20, hard: 30 },
  bound: "one guess for each possible password: each guess rules out at least one",
  fixes: ["the verb's capitals do not matter (the published text shows two spellings, one counts)"],
  generate(random, level) {
    const view = { low: 1, high: byLevel(level, 10, 20, 30) };
    return { view, state: between(random, view.low, view.high) };
  },
  rules: ({ low, high }) =>
    `Break a password: a number x from ${low} to ${high}.
I answer a guess y with Correct or Incorrect. After a wrong guess the password changes to ((x XOR y) mod ${high - low + 1}) + ${low}, where XOR works on binary digits.`,
  step(view, x, { numbers }) {
    if (numbers.length !== 1) return refuse("a guess is one number");
    const [y] = numbers;
    if (y < view.low || y > view.high) return refuse(`guesses go from ${view.low} to ${view.high}`);
    return y === x ? won(x) : live(changed(x, y, view), "Incorrect");
  },
  *oracle(view) {
    const guesses = span(view.low, view.high);
    let passwords = [...guesses];
    for (;;) {
      // Passwords that the guess maps to one value are one from then on.
      const after = (y: number) => [
        ...new Set(passwords.filter((x) => x !== y).map((x) => changed(x, y, view))),
      ];
      const best = guesses.reduce((a, b) => (after(b).length < after(a).length ? b : a));
      yield `My Guess: ${best}`;
      passwords = after(best);
    }
  },
  guess: ({ low, high }, _, random) => `My Guess: ${between(random, low, high)}`,
  candidates: ({ low, high }) => span(low, high),
  fromPaper: (line) => ({
    view: { low: line.number("min_value"), high: line.number("max_value") },
    state: line.number("answer"),
  }),
});
