/** Scores of a verifier made to mean what they say, and the threshold that a precision asks for. */

import { type Axis, type AxisLabels, type AxisScores, axes } from "./types.ts";

/** Platt scaling: sigmoid(slope · logit(score) + shift). */
export type Calibration = Readonly<
  Record<Axis, { readonly slope: number; readonly shift: number }>
>;

/** A variant that was judged by the verifier and by people. */
export interface LabelledScores {
  readonly scores: AxisScores;
  readonly labels: AxisLabels;
}

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

const EDGE = 1e-4; // scores of 0 and 1 (sampled verdicts) have no logit
export function logit(score: number): number {
  const inner = Math.min(1 - EDGE, Math.max(EDGE, score));
  return Math.log(inner / (1 - inner));
}

export function recalibrate(scores: AxisScores, calibration: Calibration): AxisScores {
  const of = (axis: Axis): number => {
    const { slope, shift } = calibration[axis];
    return sigmoid(slope * logit(scores[axis]) + shift);
  };
  return { type: of("type"), label: of("label"), unique: of("unique") };
}

/**
 * Fits one slope and one shift an axis to labelled variants, by Newton's method on the logistic
 * loss with Platt's smoothed targets (1999), which keep the fit finite where the axis is never wrong.
 */
export function calibrate(labelled: readonly LabelledScores[]): Calibration {
  if (labelled.length === 0) throw new Error("calibrate: give at least one labelled variant");
  const of = (axis: Axis) =>
    fitPlatt(
      labelled.map(({ scores }) => logit(scores[axis])),
      labelled.map(({ labels }) => labels[axis]),
    );
  return { type: of("type"), label: of("label"), unique: of("unique") };
}

function fitPlatt(x: readonly number[], labels: readonly boolean[]) {
  const positives = labels.filter(Boolean).length;
  const high = (positives + 1) / (positives + 2);
  const low = 1 / (labels.length - positives + 2);
  let [slope, shift] = [1, 0];
  for (let step = 0; step < 100; step++) {
    let [gSlope, gShift] = [RIDGE * (slope - 1), 0];
    let [ss, sb, bb] = [RIDGE, 0, RIDGE];
    for (const [i, value] of x.entries()) {
      const p = sigmoid(slope * value + shift);
      const error = p - (labels[i] ? high : low);
      const weight = p * (1 - p);
      gSlope += error * value;
      gShift += error;
      ss += weight * value * value;
      sb += weight * value;
      bb += weight;
    }
    const determinant = ss * bb - sb * sb;
    const dSlope = (bb * gSlope - sb * gShift) / determinant;
    const dShift = (ss * gShift - sb * gSlope) / determinant;
    const scale = Math.min(1, 2 / Math.max(Math.abs(dSlope), Math.abs(dShift), 1e-12));
    slope -= scale * dSlope; // steps of 2 at most: far from the optimum Newton's overshoot
    shift -= scale * dShift;
    if (Math.abs(dSlope) + Math.abs(dShift) < 1e-9) break;
  }
  return { slope, shift };
}

const RIDGE = 1e-3;

export interface Threshold {
  /** Accept variants that score as much or more; above 1 where no threshold is precise enough. */
  readonly tau: number;
  /** On the labelled variants: share of valid ones among the accepted, and of the valid accepted. */
  readonly precision: number;
  readonly recall: number;
  /** Share accepted. */
  readonly accepted: number;
}

/**
 * The lowest threshold whose acceptances are valid in at least `target` of cases.
 *
 * @param judged overall scores and truths of variants that nothing was fitted to
 */
export function chooseThreshold(
  judged: readonly { readonly score: number; readonly isValid: boolean }[],
  target: number,
): Threshold {
  const sorted = [...judged].sort((a, b) => b.score - a.score);
  const valid = judged.filter(({ isValid }) => isValid).length;
  let best: Threshold = { tau: 1.01, precision: Number.NaN, recall: 0, accepted: 0 };
  let right = 0;
  for (const [i, { score, isValid }] of sorted.entries()) {
    if (isValid) right++;
    if (sorted[i + 1]?.score === score) continue; // equal scores stand or fall together
    const precision = right / (i + 1);
    if (precision < target) continue;
    best = { tau: score, precision, recall: right / valid, accepted: (i + 1) / judged.length };
  }
  return best;
}

export const isValid = (labels: AxisLabels): boolean => axes.every((axis) => labels[axis]);
