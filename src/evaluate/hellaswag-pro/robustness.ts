/**
 * How well answers hold when a question changes its form. With o_i = 1 where the original of question
 * i is right, v_ij where its variant j is:
 *
 *   OA  = mean_i o_i          original accuracy
 *   ARA = mean_ij v_ij        average robust accuracy
 *   RLA = OA - ARA            robustness loss
 *   CRA = mean_ij o_i v_ij    consistent robust accuracy
 *
 * and, of our own: SRA = mean_i prod_j v_ij (all variants right), flip = P(v_ij = 0 | o_i = 1), and
 * excess = (ARA - c) / (1 - c) with c the share that guessing gets (0 chance, 1 perfect).
 */

import { createRandom } from "../../nn/random.ts";
import { type Interval, percentiles } from "../score/statistics.ts";
import { type Form, forms, type Variant, variantNames } from "./forms.ts";

/** How one item was answered. */
export interface Answered {
  /** The same for all forms of a question. */
  readonly question: string;
  readonly form: Form;
  /** 0 to 1; items that failed are 0. */
  readonly right: number;
  /** What guessing scores (default 0.25). */
  readonly chance?: number;
}

export const robustnessMetrics = ["OA", "ARA", "RLA", "CRA", "SRA", "flip", "excess"] as const;
export type RobustnessMetric = (typeof robustnessMetrics)[number];

export interface Estimated {
  readonly value: number;
  /** 95 %, by resampling questions with all their forms. */
  readonly interval: Interval;
}

/** Over all variants, and "ARA/negation" and the like of single ones. */
export type RobustnessKey = RobustnessMetric | `${RobustnessMetric}/${Variant}`;
export type Robustness = Readonly<Partial<Record<RobustnessKey, Estimated>>>;

/**
 * What nothing is known of is left out: RLA and CRA without originals, flip where no original is
 * right, SRA where no question has all variants that others have. Means run over the items there
 * are; CRA and flip over variants whose original is there. Of a form that is repeated, the first counts.
 *
 * @param samples of the bootstrap (default 1,000)
 * @example
 * robustnessOf([
 *   { question: "1", form: "original", right: 1 },
 *   { question: "1", form: "negation", right: 0 },
 * ]).RLA!.value; // 1
 */
export function robustnessOf(
  answers: readonly Answered[],
  { samples = 1000, seed = 0 } = {},
): Robustness {
  const rows = sumsByQuestion(answers);
  const total = addAll(rows);
  const value = metricsOf(total);
  const keys = Object.keys(value) as RobustnessKey[]; // metricsOf makes no others
  const drawn = new Map<RobustnessKey, number[]>(keys.map((key) => [key, []]));
  const random = createRandom(seed, "robustness");
  for (let s = 0; s < samples; s++) {
    const again = metricsOf(addAll(rows, () => random.below(rows.length)));
    for (const key of keys) if (again[key] !== undefined) drawn.get(key)!.push(again[key]);
  }
  return Object.fromEntries(
    keys.map((key) => [key, { value: value[key]!, interval: percentiles(drawn.get(key)!) }]),
  );
}

/** Sums over items of one question, or of many: [original: right, count; all right, complete], … */
const HEAD = 4;
/** … and of each variant [right, count, right with its original, pairs, originals of pairs, chance]. */
const WIDTH = 6;

function sumsByQuestion(answers: readonly Answered[]): Float64Array[] {
  const seen = new Set(answers.map(({ form }) => form));
  const expected = variantNames.filter((variant) => seen.has(variant));
  const byQuestion = new Map<string, Map<Form, Answered>>();
  for (const answer of answers) {
    const own = byQuestion.get(answer.question) ?? new Map<Form, Answered>();
    if (!own.has(answer.form)) own.set(answer.form, answer);
    byQuestion.set(answer.question, own);
  }
  return [...byQuestion.values()].map((own) => {
    const sums = new Float64Array(HEAD + WIDTH * variantNames.length);
    const original = own.get("original");
    const asked = expected.flatMap((variant) => own.get(variant) ?? []);
    const isComplete = asked.length === expected.length && expected.length > 0;
    sums[0] = original?.right ?? 0;
    sums[1] = original ? 1 : 0;
    sums[2] = isComplete ? asked.reduce((product, { right }) => product * right, 1) : 0;
    sums[3] = isComplete ? 1 : 0;
    for (const { form, right, chance = 0.25 } of asked) {
      const pair = original ? [right * original.right, 1, original.right] : [0, 0, 0];
      sums.set([right, 1, ...pair, chance], placeOf(form));
    }
    return sums;
  });
}

const placeOf = (form: Form): number => HEAD + WIDTH * (forms.indexOf(form) - 1);

/** @param next which row comes next (default: all of them, once each) */
function addAll(rows: readonly Float64Array[], next?: () => number): Float64Array {
  const total = new Float64Array(HEAD + WIDTH * variantNames.length);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[next ? next() : i]!;
    for (let k = 0; k < total.length; k++) total[k]! += row[k]!;
  }
  return total;
}

function metricsOf(total: Float64Array): Partial<Record<RobustnessKey, number>> {
  const values: Partial<Record<RobustnessKey, number>> = {};
  const [right, count, allRight, complete] = total;
  const original = ratio(right!, count!);
  const put = (key: RobustnessKey, value: number | undefined): void => {
    if (value !== undefined) values[key] = value;
  };
  put("OA", original);
  put("SRA", ratio(allRight!, complete!));
  const all = new Float64Array(WIDTH);
  for (const variant of variantNames) {
    const own = total.subarray(placeOf(variant), placeOf(variant) + WIDTH);
    for (let k = 0; k < WIDTH; k++) all[k]! += own[k]!;
    for (const [name, value] of variantMetrics(own, original)) put(`${name}/${variant}`, value);
  }
  for (const [name, value] of variantMetrics(all, original)) put(name, value);
  return values;
}

function variantMetrics(
  [right, count, both, pairs, ofPairs, chance]: Float64Array,
  original: number | undefined,
): [RobustnessMetric, number | undefined][] {
  const robust = ratio(right!, count!);
  const guessed = ratio(chance!, count!);
  const kept = ratio(both!, ofPairs!);
  return [
    ["ARA", robust],
    ["RLA", robust === undefined || original === undefined ? undefined : original - robust],
    ["CRA", ratio(both!, pairs!)],
    ["flip", kept === undefined ? undefined : 1 - kept],
    ["excess", guessed === undefined ? undefined : ratio(robust! - guessed, 1 - guessed)],
  ];
}

const ratio = (sum: number, of: number): number | undefined => (of > 0 ? sum / of : undefined);
