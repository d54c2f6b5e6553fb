/** How far two raters agree beyond chance, on labels or on yes and no. */

import { checkPairs } from "./check.ts";

/** Share of pairs with equal labels. */
export function observedAgreement(a: readonly unknown[], b: readonly unknown[]): number {
  checkPairs("observedAgreement", a, b);
  return a.filter((label, i) => label === b[i]).length / a.length;
}

/**
 * Cohen's kappa (1960): (po - pe) / (1 - pe), where pe is what raters who draw from their own
 * frequencies of labels agree by chance. 1 where both give one and the same label throughout,
 * since nothing is left to disagree about.
 *
 * @param a labels of one rater; `b`: of the other, for the same units
 * @example cohenKappa([1, 1, 0, 0], [1, 0, 0, 0]) // 0.5
 */
export function cohenKappa(a: readonly unknown[], b: readonly unknown[]): number {
  const observed = observedAgreement(a, b);
  const [inA, inB] = [shares(a), shares(b)];
  let expected = 0;
  for (const [label, share] of inA) expected += share * (inB.get(label) ?? 0);
  return expected === 1 ? 1 : (observed - expected) / (1 - expected);
}

/**
 * Gwet's AC1 (2008) of two raters, which rare labels do not drive to 0 as they do kappa:
 * pe = sum of q (1 - q) over the K labels / (K - 1), q a label's mean share.
 *
 * @param labels all labels there are (default: those that occur)
 * @example gwetAc1([1, 1, 0, 0], [1, 0, 0, 0]) // 0.529
 */
export function gwetAc1(
  a: readonly unknown[],
  b: readonly unknown[],
  labels: readonly unknown[] = [...new Set([...a, ...b])],
): number {
  const observed = observedAgreement(a, b);
  if (labels.length < 2) return 1;
  const [inA, inB] = [shares(a), shares(b)];
  let spread = 0;
  for (const label of labels) {
    const q = ((inA.get(label) ?? 0) + (inB.get(label) ?? 0)) / 2;
    spread += q * (1 - q);
  }
  const expected = spread / (labels.length - 1);
  return (observed - expected) / (1 - expected);
}

/**
 * Krippendorff's alpha for nominal labels: 1 - Do / De, for any number of raters, some of whom may
 * not have rated a unit. NaN where no unit has two labels.
 *
 * @param units the labels that each unit was given
 */
export function krippendorffAlpha(units: readonly (readonly unknown[])[]): number {
  const rated = units.filter(({ length }) => length > 1);
  const counts = new Map<unknown, number>();
  let [n, disagreement] = [0, 0];
  for (const labels of rated) {
    n += labels.length;
    for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
    let unequal = 0; // ordered pairs
    for (const x of labels) for (const y of labels) if (x !== y) unequal++;
    disagreement += unequal / (labels.length - 1);
  }
  const equal = [...counts.values()].reduce((sum, count) => sum + count * (count - 1), 0);
  const expected = n * (n - 1) - equal;
  if (n === 0) return Number.NaN;
  return expected === 0 ? 1 : 1 - ((n - 1) * disagreement) / expected;
}

function shares(labels: readonly unknown[]): Map<unknown, number> {
  const counts = new Map<unknown, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1 / labels.length);
  return counts;
}
