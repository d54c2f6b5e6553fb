/** Wordle: a string of random letters, by marks for right, present and absent letters. */

import type { Random } from "../../../nn/random.ts";
import { byLevel, range, shuffled } from "../draw.ts";
import { defineTask, live, refuse, won } from "../task.ts";

interface View {
  readonly length: number;
}

const alphabet = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];

/** R: right place, G: elsewhere (as often as it is left), W: not there. */
export function marksOf(word: string, guess: string): string {
  const left = new Map<string, number>();
  for (const [i, letter] of [...word].entries()) {
    if (guess[i] !== letter) left.set(letter, (left.get(letter) ?? 0) + 1);
  }
  return [...guess]
    .map((letter, i) => {
      if (word[i] === letter) return "R";
      const count = left.get(letter) ?? 0;
      left.set(letter, count - 1);
      return count > 0 ? "G" : "W";
    })
    .join("");
}

export const wordle = defineTask<View, string>({
  name: "Wordle",
  class: "IP",
  goal: "a string of random letters, by marks for each letter",
  verbs: ["My Guess"],
  forms: ["My Guess: LETTERS"],
  budget: { easy: 20, medium: 18, hard: 18 },
  bound: "26 letters have to be tried n at a time, then places are found by consistent guesses",
  fixes: ["the budget covers 26 letters (published 10 rounds rarely do at length 4)"],
  generate(random, level) {
    const length = byLevel(level, 4, 8, 12);
    return {
      view: { length },
      state: range(length)
        .map(() => alphabet[random.below(26)])
        .join(""),
    };
  },
  rules: ({ length }) =>
    `I hold ${length} letters (A to Z, chosen at random, letters may repeat; they are no word). Find them in order.
A guess is ${length} letters. I answer with a mark for each: R for the right letter in the right place, G for a letter that stands elsewhere, W for one that is not there. Repeated letters get as many R and G as there are such letters.`,
  step({ length }, word, { text }) {
    const guess = text.replace(/[\s,]/g, "").toUpperCase();
    if (!/^[A-Z]*$/.test(guess) || guess.length !== length) {
      return refuse(`a guess takes ${length} letters from A to Z`);
    }
    return guess === word ? won(word, "R".repeat(length)) : live(word, marksOf(word, guess));
  },
  *oracle({ length }, random) {
    const log: [guess: string, marks: string][] = [];
    for (;;) {
      const guess = consistentGuess(length, log, random);
      if (guess === undefined) return;
      log.push([guess, yield `My Guess: ${guess}`]);
    }
  },
  guess: ({ length }, _, random) =>
    `My Guess: ${range(length)
      .map(() => alphabet[random.below(26)])
      .join("")}`,
  fromPaper: (line) => ({ view: { length: line.number("scale") }, state: line.text("answer") }),
});

/** A string that fits all marks so far, with as many untried letters as that allows. */
function consistentGuess(
  length: number,
  log: readonly (readonly [string, string])[],
  random: Random,
): string | undefined {
  const least = new Map<string, number>();
  const most = new Map<string, number>();
  const allowed = range(length).map(() => new Set(alphabet));
  for (const [guess, marks] of log) {
    for (const letter of new Set(guess)) {
      const own = [...marks].filter((_, i) => guess[i] === letter);
      const found = own.filter((m) => m !== "W").length;
      least.set(letter, Math.max(least.get(letter) ?? 0, found));
      if (found < own.length) most.set(letter, found);
    }
    for (const [i, mark] of [...marks].entries()) {
      if (mark === "R") allowed[i] = new Set([guess[i]]);
      else allowed[i].delete(guess[i]);
    }
  }
  const tried = new Set(log.flatMap(([guess]) => [...guess]));
  const untried = shuffled(
    random,
    alphabet.filter((c) => !tried.has(c)),
  );
  const known = shuffled(
    random,
    alphabet.filter((c) => tried.has(c) && (most.get(c) ?? 1) > 0),
  );
  const word: string[] = [];
  const used = new Map<string, number>();
  // Narrow places first; a letter that is owed goes before a new one.
  const places = range(length).sort((a, b) => allowed[a].size - allowed[b].size);
  let steps = 0;
  const place = (at: number): boolean => {
    if (++steps > 200_000) return false;
    if (at === length) return true;
    let owed = 0;
    for (const [letter, count] of least) owed += Math.max(0, count - (used.get(letter) ?? 0));
    if (owed > length - at) return false;
    const isOwed = (c: string) => (used.get(c) ?? 0) < (least.get(c) ?? 0);
    const fresh = untried.filter((c) => !used.has(c));
    const order = [
      ...known.filter(isOwed),
      ...fresh,
      ...known.filter((c) => !isOwed(c)),
      ...untried,
    ];
    for (const letter of order) {
      const count = used.get(letter) ?? 0;
      if (!allowed[places[at]].has(letter) || count >= (most.get(letter) ?? length)) continue;
      if (owed === length - at && !isOwed(letter)) continue;
      word[places[at]] = letter;
      used.set(letter, count + 1);
      if (place(at + 1)) return true;
      if (count === 0) used.delete(letter);
      else used.set(letter, count);
    }
    return false;
  };
  return place(0) ? word.join("") : undefined;
}
