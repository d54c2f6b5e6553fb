/** Answers against references as whole values, and as bags of words (SQuAD). */

import { meanOver, wordsOf } from "./check.ts";
import { countNgrams, overlapOf } from "./ngrams.ts";

/**
 * Share of predictions that equal their reference; 0 to 1, higher is better.
 *
 * @throws Error when there are no pairs, or the lists differ in length
 * @example accuracy(["cat", "dog"], ["cat", "cow"]) // 0.5
 */
export const accuracy = <T extends string | number | boolean>(
  predictions: readonly T[],
  references: readonly T[],
): number => meanOver("accuracy", predictions, references, (a, b) => (a === b ? 1 : 0));

const PUNCTUATION = /[!-/:-@[-`{-~]/g; // ASCII, as in Python's string.punctuation

/**
 * Lower case, without ASCII punctuation and the articles a, an, the; single blanks.
 * @see Rajpurkar et al., "SQuAD: 100,000+ Questions for Machine Comprehension of Text", evaluation script v1.1
 * @example normalizeAnswer("The  Eiffel-Tower.") // "eiffeltower"
 */
export function normalizeAnswer(text: string): string {
  const plain = text.toLowerCase().replace(PUNCTUATION, "");
  // a word ends where letters, digits and _ of any script end, as Python's \b has it
  const isWord = "[\\p{L}\\p{N}_]";
  const article = new RegExp(`(?<!${isWord})(?:a|an|the)(?!${isWord})`, "gu");
  return wordsOf(plain.replace(article, " ")).join(" ");
}

/** 1 where the normalised prediction equals a normalised reference, else 0. */
export const exactMatch = (prediction: string, references: readonly string[]): number =>
  references.some((each) => normalizeAnswer(each) === normalizeAnswer(prediction)) ? 1 : 0;

/**
 * F1 of the words that prediction and reference share, 2·P·R / (P + R), after normalisation: the
 * best of the references; 0 to 1. As in SQuAD 2, two answers without words are equal.
 */
export const tokenF1 = (prediction: string, references: readonly string[]): number =>
  Math.max(0, ...references.map((reference) => pairF1(prediction, reference)));

function pairF1(prediction: string, reference: string): number {
  const [guess, truth] = [prediction, reference].map((text) => wordsOf(normalizeAnswer(text)));
  if (guess!.length === 0 || truth!.length === 0) return guess!.length === truth!.length ? 1 : 0;
  const shared = overlapOf(countNgrams(guess!, 1), countNgrams(truth!, 1));
  return (2 * shared) / (guess!.length + truth!.length);
}
