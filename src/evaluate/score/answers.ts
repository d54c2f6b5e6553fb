/** Scores of one generated answer. */

import { tokenF1 } from "../../metrics/index.ts";

/** What exact_match overlooks; names as in lm-evaluation-harness's metric_list. */
export interface ExactMatchOptions {
  readonly ignoreCase?: boolean;
  /** ASCII punctuation. */
  readonly ignorePunctuation?: boolean;
  readonly ignoreNumbers?: boolean;
  /** Taken out of both first, in this order. */
  readonly ignore?: readonly RegExp[];
}

const PUNCTUATION = /[!-/:-@[-`{-~]/g; // Python's string.punctuation

/** 1 where the answer equals one of the references, as they are but for what is overlooked. */
export function exactMatchOf(
  answer: string,
  references: readonly string[],
  { ignoreCase, ignorePunctuation, ignoreNumbers, ignore = [] }: ExactMatchOptions = {},
): number {
  const plain = (text: string): string => {
    let left = text;
    for (const { source } of ignore) left = left.replace(new RegExp(source, "gu"), "");
    if (ignoreCase) left = left.toLowerCase();
    if (ignorePunctuation) left = left.replace(PUNCTUATION, "");
    return ignoreNumbers ? left.replace(/[0-9]/g, "") : left;
  };
  return references.some((reference) => plain(reference) === plain(answer)) ? 1 : 0;
}

/** Best F1 of shared words over the references, normalised as in SQuAD. */
export const f1Of = (answer: string, references: readonly string[]): number =>
  tokenF1(answer, references);

/**
 * Probability that one of k answers is right, from n answers of which c are: 1 - C(n-c, k) / C(n, k),
 * the unbiased estimate of Chen et al., "Evaluating Large Language Models Trained on Code" (2021).
 *
 * @throws RangeError for fewer answers than k
 * @example passAtK(10, 3, 1) // 0.3
 */
export function passAtK(n: number, c: number, k: number): number {
  if (k > n || k < 1) throw new RangeError(`pass@${k} needs at least ${k} answers, found ${n}`);
  let fail = 1;
  for (let i = 0; i < k; i++) fail *= Math.max(0, n - c - i) / (n - i);
  return 1 - fail;
}
