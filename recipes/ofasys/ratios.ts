/** What a generalist keeps of the specialists' scores, and how sure that is. */

import { createRandom } from "../../src/nn/random.ts";
import type { Trials } from "../../src/recipe/index.ts";
import { TASKS } from "./tasks.ts";

/** Added to error rates, so that none is divided by zero. */
const LEAST_ERROR = 0.01;

/** A task with a seed: a generalist's score beside the specialist's. */
export interface Pair {
  readonly better: "higher" | "lower";
  readonly score: number;
  readonly specialist: number;
  /** What answers to other questions score. */
  readonly floor: number;
  /** Value of the metric that is one unit of it. */
  readonly most: number;
}

/** Pairs by task (rows) and seed; undefined where an arm is missing. */
export function pairsOf(
  trials: Trials,
  arm: string,
  seeds: readonly number[] = trials.seeds,
  names: readonly string[] = TASKS.map(({ name }) => name),
): Pair[][] | undefined {
  const rows: Pair[][] = [];
  for (const { name, metric } of TASKS) {
    if (!names.includes(name)) continue;
    const row: Pair[] = [];
    for (const seed of seeds) {
      const score = trials.metric(name, arm, seed);
      const specialist = trials.metric(name, "specialists", seed);
      const floor = trials.metric(`floor of ${name}`, "specialists", seed);
      if (score === undefined || specialist === undefined || floor === undefined) return undefined;
      row.push({ ...metric, score, specialist, floor });
    }
    rows.push(row);
  }
  return rows;
}

/**
 * The part of a specialist's score that is kept; of error rates, the specialist's by the
 * generalist's, both with one point more. Undefined where the specialist scores nothing.
 */
export function ratioOf({ better, score, specialist }: Pair): number | undefined {
  if (better === "lower") return (specialist + LEAST_ERROR) / (score + LEAST_ERROR);
  return specialist > 0 ? score / specialist : undefined;
}

/** A number for pairs together. */
export type Statistic = (pairs: readonly Pair[]) => number;

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Mean ratio. */
export const meanRatio: Statistic = (pairs) => mean(pairs.flatMap((pair) => ratioOf(pair) ?? []));

/** Mean ratio where each counts 1 at most: what one task gains pays for no other's loss. */
export const meanKept: Statistic = (pairs) =>
  mean(pairs.flatMap((pair) => ratioOf(pair) ?? []).map((ratio) => Math.min(1, ratio)));

/** What all specialists gain over answers to other questions, and the share of it that is kept. */
export const gainKept: Statistic = (pairs) => {
  const gain = ({ better, floor, most }: Pair, score: number): number =>
    ((better === "lower" ? -1 : 1) * (score - floor)) / most;
  const sum = (of: (pair: Pair) => number): number =>
    pairs.reduce((all, pair) => all + of(pair), 0);
  return sum((pair) => gain(pair, pair.score)) / sum((pair) => gain(pair, pair.specialist));
};

const DRAWS = 4000;

/**
 * 95 % bootstrap interval of a number over tasks and seeds, both drawn with replacement (Owen, "The
 * pigeonhole bootstrap", 2007).
 *
 * @param tables of equal shape: cells by task (rows) and seed
 * @param statistic of the drawn cells of each table
 */
export function bootstrap<Cell>(
  tables: readonly (readonly (readonly Cell[])[])[],
  statistic: (...cells: Cell[][]) => number,
): [low: number, high: number] {
  const random = createRandom(0, "bootstrap");
  const [rows, columns] = [tables[0].length, tables[0][0].length];
  const drawn = (count: number): number[] =>
    Array.from({ length: count }, () => random.below(count));
  const values = Array.from({ length: DRAWS }, () => {
    const [tasks, seeds] = [drawn(rows), drawn(columns)];
    return statistic(
      ...tables.map((table) => tasks.flatMap((task) => seeds.map((seed) => table[task][seed]))),
    );
  }).toSorted((a, b) => a - b);
  return [values[Math.floor(0.025 * DRAWS)], values[Math.ceil(0.975 * DRAWS) - 1]];
}
