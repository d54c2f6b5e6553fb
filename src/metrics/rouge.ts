/** ROUGE as Google's rouge_score counts it. */

import { countNgrams, overlapOf } from "./ngrams.ts";
import { porterStem } from "./porter-stemmer.ts";

/** Each 0 to 1. */
export interface RougeScore {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/** rouge1, rouge2: n-grams; rougeL: longest common subsequence; rougeLsum: of sentences, a line each. */
export type RougeKind = "rouge1" | "rouge2" | "rougeL" | "rougeLsum";

export interface RougeOptions {
  /** Compares stems (Porter) of words longer than three letters (default: words as they are). */
  readonly stem?: boolean;
}

/**
 * ROUGE of one text against one reference; higher is better. Tokens are runs of a-z and 0-9 in
 * lower case: other scripts score 0.
 *
 * @see Lin, "ROUGE: A Package for Automatic Evaluation of Summaries", 2004
 * @example rouge("rougeL", "police kill the gunman", "police killed the gunman").f1 // 0.75
 */
export function rouge(
  kind: RougeKind,
  prediction: string,
  reference: string,
  { stem = false }: RougeOptions = {},
): RougeScore {
  const [guess, truth] = [prediction, reference].map((text) => tokensOf(text, stem));
  if (kind === "rougeL") {
    const hits = commonPlaces(truth!, guess!).length;
    return scoreOf(hits, guess!.length, truth!.length);
  }
  if (kind === "rougeLsum") return summaryScore(prediction, reference, stem);
  const n = kind === "rouge1" ? 1 : 2;
  const hits = overlapOf(countNgrams(guess!, n), countNgrams(truth!, n));
  return scoreOf(hits, guess!.length - n + 1, truth!.length - n + 1);
}

/** The score of the reference with the highest F1. */
export function bestRouge(
  kind: RougeKind,
  prediction: string,
  references: readonly string[],
  options?: RougeOptions,
): RougeScore {
  const scores = references.map((reference) => rouge(kind, prediction, reference, options));
  return scores.reduce((best, each) => (each.f1 > best.f1 ? each : best), scoreOf(0, 0, 0));
}

function tokensOf(text: string, stem: boolean): string[] {
  const words = text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return stem ? words.map((word) => (word.length > 3 ? porterStem(word) : word)) : words;
}

function scoreOf(hits: number, predicted: number, expected: number): RougeScore {
  const precision = hits / Math.max(1, predicted);
  const recall = hits / Math.max(1, expected);
  const sum = precision + recall;
  return { precision, recall, f1: sum > 0 ? (2 * precision * recall) / sum : 0 };
}

/** Places in `truth` of one longest common subsequence. */
function commonPlaces(truth: readonly string[], guess: readonly string[]): number[] {
  const width = guess.length + 1;
  const lengths = new Uint32Array((truth.length + 1) * width);
  for (let i = 1; i <= truth.length; i++) {
    for (let j = 1; j <= guess.length; j++) {
      const at = i * width + j;
      lengths[at] =
        truth[i - 1] === guess[j - 1]
          ? lengths[at - width - 1]! + 1
          : Math.max(lengths[at - width]!, lengths[at - 1]!);
    }
  }
  const places: number[] = [];
  for (let i = truth.length, j = guess.length; i > 0 && j > 0; ) {
    const at = i * width + j;
    if (truth[i - 1] === guess[j - 1]) {
      places.push(--i);
      j--;
    } else if (lengths[at - 1]! > lengths[at - width]!) j--;
    else i--;
  }
  return places;
}

/** Union of subsequences sentence by sentence (section 3.2 there), no token counted twice. */
function summaryScore(prediction: string, reference: string, stem: boolean): RougeScore {
  const [guesses, truths] = [prediction, reference].map((text) =>
    text.split("\n").map((line) => tokensOf(line, stem)),
  );
  const left = countNgrams(guesses!.flat(), 1);
  const wanted = countNgrams(truths!.flat(), 1);
  let hits = 0;
  for (const truth of truths!) {
    const places = new Set(guesses!.flatMap((guess) => commonPlaces(truth, guess)));
    for (const place of places) {
      const token = truth[place]!;
      if (!left.get(token) || !wanted.get(token)) continue;
      hits++;
      left.set(token, left.get(token)! - 1);
      wanted.set(token, wanted.get(token)! - 1);
    }
  }
  return scoreOf(hits, guesses!.flat().length, truths!.flat().length);
}
