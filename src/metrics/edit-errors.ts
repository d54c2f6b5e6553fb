/** Word and character error rate: edits that make a reference of a prediction. */

import { checkPairs, wordsOf } from "./check.ts";

export interface EditErrors {
  readonly substitutions: number;
  /** Of the reference, missing in the prediction. */
  readonly deletions: number;
  /** In the prediction, not in the reference. */
  readonly insertions: number;
  readonly hits: number;
}

/**
 * Fewest edits between two sequences (Levenshtein), and of which kinds. Of alignments with equally
 * many edits, the one with the most substitutions.
 *
 * @example editErrors(["a", "c"], ["a", "b"]) // { substitutions: 1, deletions: 0, insertions: 0, hits: 1 }
 */
export function editErrors<T>(prediction: readonly T[], reference: readonly T[]): EditErrors {
  // What a cell holds: edits, and deletions among them. The lengths then tell the rest.
  let edits = Uint32Array.from({ length: prediction.length + 1 }, (_, j) => j);
  let deleted = new Uint32Array(prediction.length + 1);
  for (const [i, expected] of reference.entries()) {
    const nextEdits = new Uint32Array(edits.length);
    const nextDeleted = new Uint32Array(edits.length);
    nextEdits[0] = i + 1;
    nextDeleted[0] = i + 1;
    for (let j = 1; j < edits.length; j++) {
      let best = edits[j - 1]! + (prediction[j - 1] === expected ? 0 : 1);
      let removed = deleted[j - 1]!;
      const take = (cost: number, deletions: number) => {
        if (cost > best || (cost === best && deletions >= removed)) return;
        best = cost;
        removed = deletions;
      };
      take(edits[j]! + 1, deleted[j]! + 1);
      take(nextEdits[j - 1]! + 1, nextDeleted[j - 1]!);
      nextEdits[j] = best;
      nextDeleted[j] = removed;
    }
    edits = nextEdits;
    deleted = nextDeleted;
  }
  const deletions = deleted.at(-1)!;
  const insertions = prediction.length - reference.length + deletions;
  const substitutions = edits.at(-1)! - deletions - insertions;
  return {
    substitutions,
    deletions,
    insertions,
    hits: reference.length - deletions - substitutions,
  };
}

/**
 * Word error rate of a corpus: (S + D + I) / words of the references; 0 and up, lower is better.
 * White space parts words; case and punctuation count, so prepare texts as the task asks.
 *
 * @throws Error when there are no pairs, the lists differ in length or no reference has a word
 * @example wordErrorRate(["the cat sat"], ["the bat sat down"]) // 0.5
 */
export const wordErrorRate = (
  predictions: readonly string[],
  references: readonly string[],
): number => errorRate("wer", predictions, references, wordsOf);

/** Character error rate: as {@link wordErrorRate} over code points, blanks among them. */
export const characterErrorRate = (
  predictions: readonly string[],
  references: readonly string[],
): number => errorRate("cer", predictions, references, (text) => [...text.trim()]);

function errorRate(
  what: string,
  predictions: readonly string[],
  references: readonly string[],
  split: (text: string) => string[],
): number {
  checkPairs(what, predictions, references);
  const sums = { edits: 0, length: 0 };
  for (const [i, text] of predictions.entries()) addEdits(sums, split(text), split(references[i]!));
  return rateOf(what, sums);
}

/** Edits and reference lengths of a corpus. */
export interface EditSums {
  edits: number;
  length: number;
}

export function addEdits<T>(
  sums: EditSums,
  prediction: readonly T[],
  reference: readonly T[],
): void {
  const { substitutions, deletions, insertions } = editErrors(prediction, reference);
  sums.edits += substitutions + deletions + insertions;
  sums.length += reference.length;
}

export function rateOf(what: string, { edits, length }: EditSums): number {
  if (length === 0) throw new Error(`${what}: the references are all empty; the rate has no base`);
  return edits / length;
}
