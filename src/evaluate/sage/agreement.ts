/** How far a verifier agrees with people, and people with each other, axis by axis. */

import {
  auroc,
  cohenKappa,
  expectedCalibrationError,
  gwetAc1,
  krippendorffAlpha,
  observedAgreement,
} from "../../metrics/index.ts";
import { createRandom } from "../../nn/random.ts";
import { type Interval, percentiles } from "../score/statistics.ts";
import { isValid } from "./calibrate.ts";
import type { AxisLabels, Judgement } from "./types.ts";
import type { StoredVerdict } from "./variant-file.ts";

export const measureNames = [
  "accuracy",
  "precision",
  "recall",
  "f1",
  "balancedAccuracy",
  "auroc",
  "kappa",
  "ac1",
  "alpha",
  "ece",
] as const;
export type MeasureName = (typeof measureNames)[number];

export interface Measure {
  /** NaN where it is not defined, as precision is where nothing was found right. */
  readonly value: number;
  /** Of 95 %, by resampling source items; undefined where none was asked for. */
  readonly interval: Interval | undefined;
}

/** AUROC and ECE are of probabilities: there are none between two people. */
export type Measures = Readonly<Partial<Record<MeasureName, Measure>>>;

/** A variant that two have judged. */
export interface RatedVariant {
  /** Its source item: variants of one item are no independent observations. */
  readonly source: string;
  /** Of the rater who is taken to be right. */
  readonly reference: AxisLabels;
  /** A verifier's verdict, or another person's labels. */
  readonly other: AxisLabels | StoredVerdict;
}

export interface Agreement {
  readonly variants: number;
  readonly sources: number;
  readonly of: Readonly<Record<Judgement, Measures>>;
}

export interface AgreementOptions {
  /** A variant is taken for valid whose overall score is this or more (default 0.5, as on each axis). */
  readonly tau?: number;
  /** Resamples for intervals (default 1,000; 0: none). */
  readonly samples?: number;
  readonly seed?: number;
}

/**
 * Agreement of two raters over the same variants. Precision, recall and F1 are those of "1" (right,
 * or valid) against the reference.
 *
 * @throws Error for no variants at all
 * @example
 * const { of } = agreementOf(rated);
 * of.valid.kappa?.value; // 1: the same verdicts throughout; 0: no more than by chance
 */
export function agreementOf(
  rated: readonly RatedVariant[],
  { tau = 0.5, samples = 1000, seed = 0 }: AgreementOptions = {},
): Agreement {
  const clusters = new Map<string, number[]>();
  for (const [i, { source }] of rated.entries()) {
    const cluster = clusters.get(source);
    if (cluster) cluster.push(i);
    else clusters.set(source, [i]);
  }
  const draws = resamples([...clusters.values()], samples, seed);
  const of = (judgement: Judgement): Measures =>
    measuresOf(
      rated.map((each) => pairOf(each, judgement, tau)),
      draws,
    );
  return {
    variants: rated.length,
    sources: clusters.size,
    of: { type: of("type"), label: of("label"), unique: of("unique"), valid: of("valid") },
  };
}

interface Pair {
  readonly reference: boolean;
  readonly other: boolean;
  /** A verifier's probability that it is right. */
  readonly score: number | undefined;
}

function pairOf({ reference, other }: RatedVariant, judgement: Judgement, tau: number): Pair {
  const truth = judge(reference, judgement);
  if (!("scores" in other)) {
    return { reference: truth, other: judge(other, judgement), score: undefined };
  }
  const score = judgement === "valid" ? other.score : other.scores[judgement];
  const threshold = judgement === "valid" ? tau : 0.5;
  return { reference: truth, other: score >= threshold, score };
}

/** What a person said of it. */
export const judge = (labels: AxisLabels, judgement: Judgement): boolean =>
  judgement === "valid" ? isValid(labels) : labels[judgement];

/** How often each variant was drawn: whole clusters, as many as there are, with replacement. */
function resamples(clusters: readonly number[][], samples: number, seed: number): Uint32Array[] {
  const random = createRandom(seed, "agreement");
  const variants = clusters.reduce((sum, { length }) => sum + length, 0);
  return Array.from({ length: samples }, () => {
    const counts = new Uint32Array(variants);
    for (const _ of clusters) {
      for (const i of clusters[random.below(clusters.length)]!) counts[i]!++;
    }
    return counts;
  });
}

function measuresOf(pairs: readonly Pair[], draws: readonly Uint32Array[]): Measures {
  const whole = valuesOf(pairs);
  // In the order of their scores, which AUROC would otherwise have to find for every resample.
  const order = pairs
    .map((_, i) => i)
    .sort((a, b) => (pairs[a]!.score ?? 0) - (pairs[b]!.score ?? 0));
  const drawn = draws.map((counts) => {
    const sample: Pair[] = [];
    for (const i of order) for (let k = 0; k < counts[i]!; k++) sample.push(pairs[i]!);
    return valuesOf(sample);
  });
  const measureOf = (name: MeasureName): Measure | undefined => {
    const value = whole[name];
    if (value === undefined) return undefined;
    // Where a resample leaves it undefined, as without any valid variant, it says nothing.
    const values = drawn.flatMap((each) => (Number.isNaN(each[name]) ? [] : each[name]!));
    return { value, interval: values.length > 0 ? percentiles(values) : undefined };
  };
  return Object.fromEntries(
    measureNames.flatMap((name) => {
      const measure = measureOf(name);
      return measure ? [[name, measure]] : [];
    }),
  );
}

function valuesOf(pairs: readonly Pair[]): Partial<Record<MeasureName, number>> {
  const reference = pairs.map((pair) => pair.reference);
  const other = pairs.map((pair) => pair.other);
  let [hits, misses, alarms, rejections] = [0, 0, 0, 0];
  for (const pair of pairs) {
    if (pair.reference && pair.other) hits++;
    else if (pair.reference) misses++;
    else if (pair.other) alarms++;
    else rejections++;
  }
  const scores = pairs.flatMap(({ score }) => score ?? []);
  return {
    accuracy: observedAgreement(reference, other),
    precision: hits / (hits + alarms),
    recall: hits / (hits + misses),
    f1: (2 * hits) / (2 * hits + misses + alarms),
    balancedAccuracy: (hits / (hits + misses) + rejections / (alarms + rejections)) / 2,
    kappa: cohenKappa(reference, other),
    ac1: gwetAc1(reference, other, [true, false]),
    alpha: krippendorffAlpha(pairs.map((pair) => [pair.reference, pair.other])),
    ...(scores.length === pairs.length && {
      auroc: auroc(scores, reference),
      ece: expectedCalibrationError(scores, reference),
    }),
  };
}
