/** CIDEr and CIDEr-D: n-grams of captions, weighted by how rare they are among the references. */

import { checkPairs, wordsOf } from "./check.ts";
import { countNgrams } from "./ngrams.ts";

export interface CiderOptions {
  /**
   * "D" (default) clips counts and punishes other lengths, as COCO's caption evaluation does under
   * the name of CIDEr; "plain" is the paper's first form, a cosine.
   */
  readonly variant?: "D" | "plain";
}

export interface CiderResult {
  /** Mean over the corpus. */
  readonly score: number;
  /** By prediction. */
  readonly scores: number[];
}

const ORDER = 4;
/** Of the length penalty exp(-Δ² / 2σ²); Δ counts 2-grams, as the published code does. */
const SIGMA = 6;

/** Weights of n-grams by n - 1, their norms, and the number of 2-grams. */
interface Weighed {
  readonly weights: ReadonlyMap<string, number>[];
  readonly norms: number[];
  readonly length: number;
}

/**
 * CIDEr of captions against several references each; 0 to 10, higher is better (papers print it
 * times 100). For n = 1 to 4, vectors of count · (ln N - ln documents with the n-gram), where N is
 * the number of predictions: scores of one corpus do not compare with those of another, and a
 * corpus of one scores 0.
 *
 * Tokens are what blanks part. COCO's tool lower-cases and drops punctuation before (PTB
 * tokenizer); give texts prepared like that.
 *
 * @throws Error when there are no pairs, the lists differ in length or an entry has no reference
 * @see Vedantam et al., "CIDEr: Consensus-based Image Description Evaluation", CVPR 2015
 * @example cider(["a cat sits", "a red bus"], [["a cat sits down"], ["the red bus"]]).score
 */
export function cider(
  predictions: readonly string[],
  references: readonly (readonly string[])[],
  { variant = "D" }: CiderOptions = {},
): CiderResult {
  checkPairs("cider", predictions, references);
  const truths = references.map((texts, i) => {
    if (texts.length === 0) throw new Error(`cider: prediction ${i} has no reference; give one`);
    return texts.map(countAll);
  });
  const weigh = weigher(truths);
  const scores = predictions.map((text, i) => {
    const guess = weigh(countAll(text));
    const sum = truths[i]!.reduce(
      (all, truth) => all + similarity(guess, weigh(truth), variant),
      0,
    );
    return (10 * sum) / (ORDER * truths[i]!.length);
  });
  return { score: scores.reduce((sum, each) => sum + each, 0) / scores.length, scores };
}

const countAll = (text: string): Map<string, number>[] => {
  const words = wordsOf(text);
  return Array.from({ length: ORDER }, (_, i) => countNgrams(words, i + 1));
};

function weigher(truths: readonly Map<string, number>[][][]) {
  const documents = new Map<string, number>();
  for (const texts of truths) {
    const seen = new Set(texts.flatMap((orders) => orders.flatMap((counts) => [...counts.keys()])));
    for (const key of seen) documents.set(key, (documents.get(key) ?? 0) + 1);
  }
  const logAll = Math.log(truths.length);
  return (orders: readonly ReadonlyMap<string, number>[]): Weighed => {
    const weights = orders.map((counts) => {
      const weighed = new Map<string, number>();
      for (const [key, count] of counts) {
        weighed.set(key, count * (logAll - Math.log(documents.get(key) ?? 1)));
      }
      return weighed;
    });
    const norms = weights.map((each) =>
      Math.sqrt([...each.values()].reduce((s, w) => s + w * w, 0)),
    );
    const length = [...orders[1]!.values()].reduce((sum, count) => sum + count, 0);
    return { weights, norms, length };
  };
}

/** Sum over n. */
function similarity(guess: Weighed, truth: Weighed, variant: "D" | "plain"): number {
  let sum = 0;
  for (const [i, weights] of guess.weights.entries()) {
    let product = 0;
    for (const [key, weight] of weights) {
      const other = truth.weights[i]!.get(key) ?? 0;
      product += (variant === "D" ? Math.min(weight, other) : weight) * other;
    }
    const norm = guess.norms[i]! * truth.norms[i]!;
    if (norm !== 0) sum += product / norm;
  }
  if (variant === "plain") return sum;
  return sum * Math.exp(-((guess.length - truth.length) ** 2) / (2 * SIGMA ** 2));
}
