/** The score of visual question answering against the answers of ten people. */

import { contractions } from "./vqa-contractions.ts";

const PUNCTUATION = [...';/[]"{}()=+\\_-><@`,?!'];
const NUMBERS: Readonly<Record<string, string>> = {
  none: "0",
  zero: "0",
  one: "1",
  two: "2",
  three: "3",
  four: "4",
  five: "5",
  six: "6",
  seven: "7",
  eight: "8",
  nine: "9",
  ten: "10",
};
const ARTICLES = new Set(["a", "an", "the"]);

/**
 * An answer in the form that the official evaluation compares: without punctuation and articles,
 * lower case, number words as digits, contractions with their apostrophes.
 * @example normalizeVqaAnswer("The two dogs, dont!") // "2 dogs don't"
 */
export function normalizeVqaAnswer(answer: string): string {
  const hasDigitComma = /\p{Nd},\p{Nd}/u.test(answer);
  let text = answer;
  for (const mark of PUNCTUATION) {
    const isBesideBlank = answer.includes(`${mark} `) || answer.includes(` ${mark}`);
    text = text.replaceAll(mark, isBesideBlank || hasDigitComma ? "" : " ");
  }
  text = text.replace(/\.(?!\p{Nd})/gu, ""); // points that no digit follows
  return text
    .toLowerCase()
    .split(/\s+/u)
    .map((word) => (Object.hasOwn(NUMBERS, word) ? NUMBERS[word]! : word))
    .filter((word) => word !== "" && !ARTICLES.has(word))
    .map((word) => contractions.get(word) ?? word)
    .join(" ");
}

/**
 * Score of one answer, 0 to 1: min(1, matches / 3) against the answers of the other people, averaged
 * over leaving each of them out. Where all people said the same, nothing is normalised, as in the
 * official code.
 *
 * @param answers of people, ten in VQA v2
 * @throws Error when there are no answers
 * @see Antol et al., "VQA: Visual Question Answering", ICCV 2015; GT-Vision-Lab/VQA, vqaEval.py
 * @example vqaScore("2", ["two", "two", "3", "two"]) // 0.75: 2/3, 2/3, 1 and 2/3
 */
export function vqaScore(prediction: string, answers: readonly string[]): number {
  if (answers.length === 0)
    throw new Error("vqa_score: no answers to compare with; give at least one");
  const plain = (text: string) => text.replace(/[\n\t]/g, " ").trim();
  const said = answers.map(plain);
  const form = new Set(said).size > 1 ? normalizeVqaAnswer : (text: string) => text;
  const guess = form(plain(prediction));
  const isMatch = said.map((answer) => form(answer) === guess);
  const matches = isMatch.filter(Boolean).length;
  const sum = isMatch.reduce((all, own) => all + Math.min(1, (matches - (own ? 1 : 0)) / 3), 0);
  return sum / answers.length;
}
