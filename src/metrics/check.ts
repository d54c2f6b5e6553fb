/** Checks and means that scores share. */

/** @throws Error when the lists differ in length, or are empty: there is no mean of nothing */
export function checkPairs(
  what: string,
  predictions: readonly unknown[],
  references: readonly unknown[],
): void {
  if (predictions.length !== references.length) {
    throw new Error(
      `${what}: ${predictions.length} predictions but ${references.length} references; give one reference entry a prediction`,
    );
  }
  if (predictions.length === 0) throw new Error(`${what}: no predictions; give at least one`);
}

/** Mean of a score of each pair. */
export function meanOver<P, R>(
  what: string,
  predictions: readonly P[],
  references: readonly R[],
  score: (prediction: P, reference: R) => number,
): number {
  checkPairs(what, predictions, references);
  let sum = 0;
  for (const [i, prediction] of predictions.entries()) sum += score(prediction, references[i]!);
  return sum / predictions.length;
}

/** White space parts words; none are empty. */
export const wordsOf = (text: string): string[] => text.split(/\s+/u).filter((word) => word !== "");
