/** BLEU as sacrebleu counts it. */

import { checkPairs } from "./check.ts";
import { countNgrams, overlapOf } from "./ngrams.ts";

export interface BleuOptions {
  /** What stands for a precision of zero (default "exp"). */
  readonly smoothing?: "exp" | "floor" | "add-k" | "none";
  /** Of "floor" (default 0.1) and "add-k" (default 1). */
  readonly smoothingValue?: number;
  readonly lowercase?: boolean;
  /** Longest n-gram (default 4). */
  readonly order?: number;
}

/** What BLEU is computed from; counts of sentences add up to those of a corpus. */
export interface BleuCounts {
  /** N-grams that a reference has too, by n - 1. */
  readonly correct: number[];
  /** N-grams of the predictions, by n - 1. */
  readonly total: number[];
  predicted: number;
  /** Of the references nearest in length. */
  reference: number;
}

/**
 * Corpus BLEU, 0 to 100, higher is better: BP · exp(mean over n of ln(correct_n / total_n)), where
 * BP = exp(1 - r / c) when the predictions' c tokens are fewer than the r of the references nearest
 * in length (the shorter one of two). Tokens are those of mteval-v13a.
 *
 * @param references several to a prediction
 * @throws Error when there are no pairs, the lists differ in length or an entry has no reference
 * @see Papineni et al., ACL 2002; Post, "A Call for Clarity in Reporting BLEU Scores", 2018
 * @example corpusBleu(["the cat sat"], [["the cat sat down", "a cat sat"]])
 */
export function corpusBleu(
  predictions: readonly string[],
  references: readonly (readonly string[])[],
  options: BleuOptions = {},
): number {
  checkPairs("bleu", predictions, references);
  const counts = emptyBleuCounts(options.order);
  for (const [i, text] of predictions.entries()) {
    addBleuCounts(counts, text, references[i]!, options);
  }
  return bleuOf(counts, options);
}

/** BLEU of one sentence, 0 to 100, over the n-grams that fit into it (sacrebleu's effective order). */
export function sentenceBleu(
  prediction: string,
  references: readonly string[],
  options: BleuOptions = {},
): number {
  const counts = emptyBleuCounts(options.order);
  addBleuCounts(counts, prediction, references, options);
  return bleuOf(counts, options, true);
}

export const emptyBleuCounts = (order = 4): BleuCounts => ({
  correct: new Array<number>(order).fill(0),
  total: new Array<number>(order).fill(0),
  predicted: 0,
  reference: 0,
});

/** Adds a sentence. */
export function addBleuCounts(
  counts: BleuCounts,
  prediction: string,
  references: readonly string[],
  { lowercase = false }: BleuOptions = {},
): void {
  if (references.length === 0) throw new Error("bleu: a prediction has no reference; give one");
  const tokens = (text: string) => tokenize13a(lowercase ? text.toLowerCase() : text);
  const guess = tokens(prediction);
  const truths = references.map(tokens);
  counts.predicted += guess.length;
  counts.reference += nearestLength(guess.length, truths);
  for (const [i] of counts.total.entries()) {
    const most = new Map<string, number>();
    for (const truth of truths) {
      for (const [key, count] of countNgrams(truth, i + 1)) {
        most.set(key, Math.max(count, most.get(key) ?? 0));
      }
    }
    counts.correct[i]! += overlapOf(countNgrams(guess, i + 1), most);
    counts.total[i]! += Math.max(0, guess.length - i);
  }
}

function nearestLength(length: number, truths: readonly (readonly string[])[]): number {
  let best = Number.POSITIVE_INFINITY;
  for (const { length: each } of truths) {
    const gap = Math.abs(each - length) - Math.abs(best - length);
    if (gap < 0 || (gap === 0 && each < best)) best = each;
  }
  return best;
}

/** @param isOneSentence leaves out n-grams longer than the prediction */
export function bleuOf(
  { correct, total, predicted, reference }: BleuCounts,
  { smoothing = "exp", smoothingValue = smoothing === "floor" ? 0.1 : 1 }: BleuOptions = {},
  isOneSentence = false,
): number {
  if (correct.every((count) => count === 0)) return 0;
  let logs = 0;
  let order = 0;
  let halving = 1;
  for (const [i, count] of correct.entries()) {
    const added = smoothing === "add-k" && i > 0 ? smoothingValue : 0;
    const all = total[i]! + added;
    if (all === 0) break;
    order++;
    let right = count + added;
    if (right === 0 && smoothing === "exp") {
      halving *= 2;
      right = 1 / halving;
    } else if (right === 0 && smoothing === "floor") right = smoothingValue;
    logs += Math.log(right / all);
  }
  if (!isOneSentence && order < correct.length) return 0; // the longest n-grams never came
  const brevity = predicted < reference ? Math.exp(1 - reference / predicted) : 1;
  return 100 * brevity * Math.exp(logs / order);
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&quot;": '"',
  "&amp;": "&",
  "&lt;": "<",
  "&gt;": ">",
};

/**
 * Tokens of mteval-v13a, the default of sacrebleu: punctuation stands alone, except points and
 * commas between digits.
 */
export function tokenize13a(text: string): string[] {
  let line = text.replaceAll("<skipped>", "").replaceAll("-\n", "").replaceAll("\n", " ");
  // in turn, so that "&amp;lt;" becomes "<" as it does there
  for (const [entity, char] of Object.entries(ENTITIES)) line = line.replaceAll(entity, char);
  return ` ${line} `
    .replace(/[{-~[-` -&(-+:-@/]/g, " $& ")
    .replace(/([^0-9])([.,])/gu, "$1 $2 ")
    .replace(/([.,])([^0-9])/gu, " $1 $2")
    .replace(/([0-9])(-)/g, "$1 $2 ")
    .split(/\s+/u)
    .filter((token) => token !== "");
}
