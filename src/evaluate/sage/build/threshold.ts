/** The score from which a verifier is believed, type by type, from labelled variants. */

import {
  type Calibration,
  chooseThreshold,
  isValid,
  type LabelledScores,
  recalibrate,
  type Threshold,
} from "../calibrate.ts";
import { validity } from "../reward.ts";

export interface JudgedLabel extends LabelledScores {
  readonly type: string;
  /** Of the source item: what is fitted to its variants is not tested on them. */
  readonly source: string;
}

export interface TypeThreshold extends Threshold {
  /** What it rests on: variants of the type, of all types where there are too few, or nothing. */
  readonly from: "type" | "all types" | "given";
  /** Labelled variants. */
  readonly labelled: number;
}

/** Fewer of a type say too little about it. */
export const LEAST_LABELLED = 20;

/**
 * The lowest threshold of each type that keeps the precision on labelled variants.
 *
 * @param judged raw scores of variants that nothing was fitted to
 */
export function thresholdsOf(
  types: readonly string[],
  judged: readonly JudgedLabel[],
  { precision, calibration }: { readonly precision: number; readonly calibration?: Calibration },
): Record<string, TypeThreshold> {
  const scored = judged.map(({ type, scores, labels }) => ({
    type,
    score: validity(calibration ? recalibrate(scores, calibration) : scores),
    isValid: isValid(labels),
  }));
  return Object.fromEntries(
    types.map((id) => {
      const own = scored.filter(({ type }) => type === id);
      const isEnough = own.length >= LEAST_LABELLED;
      const used = isEnough ? own : scored;
      const from = isEnough ? ("type" as const) : ("all types" as const);
      return [id, { ...chooseThreshold(used, precision), from, labelled: used.length }];
    }),
  );
}

export const givenThreshold = (tau: number): TypeThreshold => ({
  tau,
  precision: Number.NaN,
  recall: Number.NaN,
  accepted: Number.NaN,
  from: "given",
  labelled: 0,
});

/**
 * Half of the sources, to calibrate with, and the other half, to choose thresholds with. Variants of
 * one source stay together.
 */
export function splitBySource<T>(
  variants: readonly T[],
  sourceOf: (variant: T) => string,
): [T[], T[]] {
  const sources = [...new Set(variants.map(sourceOf))].sort();
  const first = new Set(sources.filter((_, i) => i % 2 === 0));
  const isFirst = (each: T): boolean => first.has(sourceOf(each));
  return [variants.filter(isFirst), variants.filter((each) => !isFirst(each))];
}
