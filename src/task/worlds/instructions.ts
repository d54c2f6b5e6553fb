/** Many small tasks, each told by an instruction and examples, as in Natural Instructions. */

import type { Random } from "../../nn/random.ts";
import { drawInSplit, integer, pick, pickSome, type Split } from "./world.ts";

export interface InstructedSample {
  /** What it is called; training lacks `HELD_OUT_INSTRUCTIONS`. */
  readonly task: string;
  readonly instruction: string;
  /** Two inputs and outputs, in one text. */
  readonly examples: string;
  readonly src: string;
  readonly tgt: string;
}

interface SmallTask {
  readonly instruction: string;
  readonly draw: (random: Random) => string;
  readonly solve: (input: string) => string;
}

const WORDS = (
  "apple river stone cloud house train green window paper music garden silver button winter " +
  "orange castle bridge candle forest island lemon market mirror pencil rocket summer tiger"
).split(" ");

const drawWords = (random: Random): string =>
  pickSome(random, WORDS, integer(random, 2, 4)).join(" ");
const drawWord = (random: Random): string => pick(random, WORDS);
const drawNumbers = (random: Random): string =>
  pickSome(random, [1, 2, 3, 4, 5, 6, 7, 8, 9], integer(random, 2, 4)).join(" ");

/** A function of words or numbers with spaces between. */
const onParts = (solve: (parts: string[]) => string) => (input: string) => solve(input.split(" "));

const TASKS: Readonly<Record<string, SmallTask>> = {
  first: { instruction: "give the first word .", draw: drawWords, solve: onParts((w) => w[0]) },
  last: {
    instruction: "give the last word .",
    draw: drawWords,
    solve: onParts((w) => w[w.length - 1]),
  },
  reverse: {
    instruction: "write the words in reverse order .",
    draw: drawWords,
    solve: onParts((words) => words.reverse().join(" ")),
  },
  count: {
    instruction: "count the words .",
    draw: drawWords,
    solve: onParts((w) => `${w.length}`),
  },
  letter: {
    instruction: "give the first letter of the word .",
    draw: drawWord,
    solve: (w) => w[0],
  },
  copy: { instruction: "repeat the words .", draw: drawWords, solve: (words) => words },
  double: { instruction: "write the word twice .", draw: drawWord, solve: (w) => `${w} ${w}` },
  plural: { instruction: "write the plural of the word .", draw: drawWord, solve: (w) => `${w}s` },
  largest: {
    instruction: "give the largest number .",
    draw: drawNumbers,
    solve: onParts((numbers) => `${Math.max(...numbers.map(Number))}`),
  },
  smallest: {
    instruction: "give the smallest number .",
    draw: drawNumbers,
    solve: onParts((numbers) => `${Math.min(...numbers.map(Number))}`),
  },
  ending: {
    instruction: "give the last letter of the word .",
    draw: drawWord,
    solve: (word) => word[word.length - 1],
  },
  lastNumber: {
    instruction: "give the last number .",
    draw: drawNumbers,
    solve: onParts((numbers) => numbers[numbers.length - 1]),
  },
};

/** Tasks that training never shows, though all their words come up in it. */
export const HELD_OUT_INSTRUCTIONS: readonly string[] = ["ending", "lastNumber"];
const TRAINED = Object.keys(TASKS).filter((name) => !HELD_OUT_INSTRUCTIONS.includes(name));

/**
 * An instruction, two examples, and an input with its output. Held-out samples are new inputs to
 * known tasks and, one in four, unknown tasks.
 */
export function followInstructions(random: Random, split: Split): InstructedSample {
  const isNew = split === "heldout" && random.below(4) === 0;
  const task = pick(random, isNew ? HELD_OUT_INSTRUCTIONS : TRAINED);
  const { instruction, draw, solve } = TASKS[task];
  const src = drawInSplit("instructions", split, () => draw(random), String);
  const examples = [0, 1].map(() => {
    const input = drawInSplit("instructions", "train", () => draw(random), String);
    return `input : ${input} output : ${solve(input)}`;
  });
  return { task, instruction, examples: examples.join(" ; "), src, tgt: solve(src) };
}
