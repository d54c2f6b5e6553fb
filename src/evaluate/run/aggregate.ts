/** From values of items to results: means, errors, intervals, and failures in the open. */

import {
  bootstrap,
  clusteredError,
  type Interval,
  meanOf,
  normalInterval,
  standardError,
  wilsonInterval,
} from "../score/statistics.ts";
import type { EvalTask, MetricSpec, MetricValue, ScoredItem } from "../types.ts";

export interface MetricResult {
  readonly name: string;
  readonly filter: string;
  /** Failed items count as 0 where higher is better and the metric is a mean. */
  readonly value: number;
  /** Over the items that were scored alone; the same without failures. */
  readonly scoredValue: number;
  readonly stderr: number;
  /** 95 %. */
  readonly interval: Interval;
  readonly method: "wilson" | "normal" | "bootstrap";
  readonly isHigherBetter: boolean;
  /** Items behind `value`. */
  readonly items: number;
}

/** Items beyond this many are not resampled: their mean is sure enough by the normal distribution. */
const MOST_RESAMPLED = 20_000;

/**
 * A task's metrics over items.
 *
 * @param scored items with values
 * @param failed how many have none
 */
export function aggregate(
  task: Pick<EvalTask, "metrics" | "cluster">,
  scored: readonly ScoredItem[],
  failed: number,
): MetricResult[] {
  return task.metrics.flatMap((spec) => {
    const { name, filter = "none" } = spec;
    const key = filter === "none" ? name : `${name},${filter}`;
    const having = scored.filter(({ values }) => values[key] !== undefined);
    if (having.length === 0 && failed === 0) return [];
    const values = having.map((item) => item.values[key]!);
    const clusters = task.cluster
      ? having.map(({ id, tags }) => tags[task.cluster!] ?? id)
      : undefined;
    return [{ name, filter, ...metricOver(spec, values, failed, clusters) }];
  });
}

function metricOver(
  { isHigherBetter, aggregation = "mean" }: MetricSpec,
  scored: readonly MetricValue[],
  failed: number,
  clusters: readonly string[] | undefined,
): Omit<MetricResult, "name" | "filter"> {
  if (aggregation !== "mean") {
    const statistic = typeof aggregation === "function" ? aggregation : statistics[aggregation];
    const value = scored.length > 0 ? statistic(scored) : Number.NaN;
    const { error, interval } =
      scored.length > 1 && scored.length <= MOST_RESAMPLED
        ? bootstrap(scored, statistic)
        : { error: Number.NaN, interval: [Number.NaN, Number.NaN] as const };
    const items = scored.length;
    return {
      value,
      scoredValue: value,
      stderr: error,
      interval,
      method: "bootstrap",
      isHigherBetter,
      items,
    };
  }
  const values = scored.map(Number);
  const scoredValue = values.length > 0 ? meanOf(values) : Number.NaN;
  const counted = isHigherBetter ? [...values, ...Array<number>(failed).fill(0)] : values;
  const value = counted.length > 0 ? meanOf(counted) : Number.NaN;
  const isBinary = counted.every((each) => each === 0 || each === 1);
  const names = clusters && [...clusters, ...counted.slice(values.length).map((_, i) => `\0${i}`)];
  const stderr = names ? clusteredError(counted, names) : standardError(counted);
  const isWilson = isBinary && !names && counted.length > 0;
  const interval = isWilson
    ? wilsonInterval(value * counted.length, counted.length)
    : normalInterval(value, stderr);
  const method = isWilson ? "wilson" : "normal";
  return { value, scoredValue, stderr, interval, method, isHigherBetter, items: counted.length };
}

type Pair = readonly [sum: number, weight: number];
const pairOf = (value: MetricValue): Pair => (typeof value === "number" ? [value, 1] : value);

/** Sum over all items by the sum of their weights. */
function ratioOf(values: readonly MetricValue[]): number {
  let [sum, weight] = [0, 0];
  for (const value of values) {
    const [part, share] = pairOf(value);
    sum += part;
    weight += share;
  }
  return sum / weight;
}

const statistics = {
  weighted_mean: ratioOf,
  perplexity: (values: readonly MetricValue[]) => Math.exp(-ratioOf(values)),
  bits_per_byte: (values: readonly MetricValue[]) => -ratioOf(values) / Math.LN2,
  median(values: readonly MetricValue[]) {
    const sorted = values.map(Number).sort((a, b) => a - b);
    const middle = sorted.length >> 1;
    return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  },
};
