/** Scores of classes: F-measure, macro and micro F1, Matthews correlation. */

import { checkPairs } from "./check.ts";

/** How often a class was predicted, was right, and should have been. */
interface ClassCounts {
  right: number;
  predicted: number;
  actual: number;
}

/** Counts of a stream of labels; all scores below are made of them. */
export class LabelCounts {
  private readonly classes = new Map<string, ClassCounts>();
  private total = 0;

  add(prediction: string, reference: string): void {
    this.total++;
    this.of(prediction).predicted++;
    this.of(reference).actual++;
    if (prediction === reference) this.of(reference).right++;
  }

  private of(label: string): ClassCounts {
    let counts = this.classes.get(label);
    if (!counts) {
      counts = { right: 0, predicted: 0, actual: 0 };
      this.classes.set(label, counts);
    }
    return counts;
  }

  /** F_β of one class, (1 + β²)·TP / ((1 + β²)·TP + β²·FN + FP); 0 where the class never comes. */
  fMeasure(label: string, beta = 1): number {
    const { right, predicted, actual } = this.classes.get(label) ?? {
      right: 0,
      predicted: 0,
      actual: 0,
    };
    const below = beta ** 2 * actual + predicted;
    return below === 0 ? 0 : ((1 + beta ** 2) * right) / below;
  }

  /** Mean F1 of the classes that were predicted or should have been. */
  macroF1(): number {
    const each = [...this.classes.keys()].map((label) => this.fMeasure(label));
    return each.reduce((sum, f1) => sum + f1, 0) / each.length;
  }

  /** Matthews correlation of any number of classes (R_K); 0 where one side is constant. */
  matthews(): number {
    let [right, cross, predicted, actual] = [0, 0, 0, 0];
    for (const counts of this.classes.values()) {
      right += counts.right;
      cross += counts.predicted * counts.actual;
      predicted += counts.predicted ** 2;
      actual += counts.actual ** 2;
    }
    const below = (this.total ** 2 - predicted) * (this.total ** 2 - actual);
    return below === 0 ? 0 : (right * this.total - cross) / Math.sqrt(below);
  }
}

function countLabels(what: string, predictions: readonly string[], references: readonly string[]) {
  checkPairs(what, predictions, references);
  const counts = new LabelCounts();
  for (const [i, prediction] of predictions.entries()) counts.add(prediction, references[i]!);
  return counts;
}

/**
 * F_β of one class; 0 to 1, higher is better.
 *
 * @param positive the class that counts
 * @param beta weight of recall against precision
 * @example fMeasure(["yes", "no"], ["yes", "yes"], "yes") // 0.666…
 */
export const fMeasure = (
  predictions: readonly string[],
  references: readonly string[],
  positive: string,
  beta = 1,
): number => countLabels("f_measure", predictions, references).fMeasure(positive, beta);

/** Mean F1 of the classes that come on either side; 0 to 1, higher is better. */
export const macroF1 = (predictions: readonly string[], references: readonly string[]): number =>
  countLabels("macro F1", predictions, references).macroF1();

/** F1 over the pooled counts of all classes. With one label a sample it equals accuracy; 0 to 1. */
export const microF1 = (predictions: readonly string[], references: readonly string[]): number => {
  checkPairs("micro F1", predictions, references);
  return predictions.filter((label, i) => label === references[i]).length / predictions.length;
};

/**
 * Matthews correlation; -1 to 1, higher is better, 0 for chance and where one side is constant.
 *
 * @see Gorodkin, "Comparing two K-category assignments by a K-category correlation coefficient", 2004
 * @example matthewsCorrelation(["yes", "no"], ["yes", "no"]) // 1
 */
export const matthewsCorrelation = (
  predictions: readonly string[],
  references: readonly string[],
): number => countLabels("matthews_corrcoef", predictions, references).matthews();
