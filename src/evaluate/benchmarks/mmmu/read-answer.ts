/**
 * What an answer says, by the rules of MMMU's published evaluation as lm-evaluation-harness 0.4.13
 * has them (tasks/mmmu/utils.py), save that no letter is drawn for an answer that names none.
 */

import { strip } from "../../strip.ts";

/** Options by their letters, in order. */
export type Options = ReadonlyMap<string, string>;

/**
 * The letter that an answer names last: in brackets, else between blanks, else, in an answer of more
 * than five words, by the option's text.
 *
 * @returns undefined where it names none
 */
export function letterIn(answer: string, options: Options): string | undefined {
  // Each sign in turn, so that "A.," leaves "A" and "A,." does not.
  const bare = [",", ".", "!", "?", ";", ":", "'"].reduce(withoutEnds, answer);
  const text = ` ${bare} `;
  const small = text.toLowerCase();
  const isLong = strip(text).split(/\s+/).length > 5;
  const ways = [
    (letter: string) => text.lastIndexOf(`(${letter})`),
    (letter: string) => text.lastIndexOf(` ${letter} `),
    (_: string, option: string) => (isLong ? small.lastIndexOf(option.toLowerCase()) : -1),
  ];
  for (const placeOf of ways) {
    let [last, found] = [-1, undefined as string | undefined];
    for (const [letter, option] of options) {
      const place = placeOf(letter, option);
      if (place > last) [last, found] = [place, letter];
    }
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A text without any number of a sign at its ends. */
function withoutEnds(text: string, sign: string): string {
  let [start, end] = [0, text.length];
  while (start < end && text[start] === sign) start++;
  while (end > start && text[end - 1] === sign) end--;
  return text.slice(start, end);
}

/** Whether an open answer gives one of the right ones: as a number, or within what it says. */
export function isRight(answer: string, right: readonly string[]): boolean {
  const wanted = right.flatMap(normalise);
  return claimsIn(answer).some((claim) =>
    wanted.some((each) =>
      typeof claim === "string" ? typeof each === "string" && claim.includes(each) : each === claim,
    ),
  );
}

const markers = ["could be ", "so ", "is ", "thus ", "therefore ", "final ", "answer ", "result "];
const trivial = new Set([":", ",", ".", "!", "?", ";", "'", ""]);

/** What follows the words that announce an answer, line by line, and the numbers in it. */
function claimsIn(answer: string): (string | number)[] {
  const text = withoutEnds(strip(answer), ".").toLowerCase();
  const lines = text.split("\n");
  const tails = lines.map((line, i) => {
    const known = i === lines.length - 1 ? [...markers, "="] : markers;
    let shortest = "";
    for (const marker of known.filter((each) => line.includes(each))) {
      const tail = strip(line.slice(line.lastIndexOf(marker) + marker.length));
      if (shortest === "" || tail.length < shortest.length) shortest = tail;
    }
    return shortest;
  });
  const said = tails.filter((tail) => !trivial.has(tail));
  const claims = said.length > 0 ? said : [text];
  return [...claims, ...claims.flatMap(numbersIn)].flatMap(normalise);
}

const numbers = [
  /-?\b\d{1,3}(?:,\d{3})+\b/g,
  /-?\d+(?:\.\d+)?[eE][+-]?\d+/g,
  /-?(?:\d+\.\d+|\.\d+|\d+\b)(?![eE][+-]?\d+)(?![,\d])/g,
];
const numbersIn = (text: string): string[] =>
  numbers.flatMap((pattern) => text.match(pattern) ?? []);

/** What Python's `float` takes. */
const float =
  /^[+-]?(?:(?:\d+(?:_\d+)*\.?(?:\d+(?:_\d+)*)?|\.\d+(?:_\d+)*)(?:e[+-]?\d+(?:_\d+)*)?|inf(?:inity)?|nan)$/i;

/** A number to two decimals, or small letters; one letter alone only with a blank beside it. */
function normalise(text: string): (string | number)[] {
  const bare = strip(text);
  const digits = bare.replaceAll(",", "");
  if (float.test(strip(digits))) {
    const value = Number(digits.replaceAll("_", "").replace(/inf(?:inity)?/i, "Infinity"));
    return [toHundredths(value)];
  }
  const small = bare.toLowerCase();
  return [...small].length === 1 ? [` ${small}`, `${small} `] : [small];
}

/** Python's `round(value, 2)`: of two equally near, the even one; only odd eighths are such. */
const toHundredths = (value: number): number =>
  Math.abs((value * 8) % 2) === 1 ? (2 * Math.round(value * 50)) / 100 : Number(value.toFixed(2));
