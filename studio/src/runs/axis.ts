/** Axes of charts: where values lie, and which are marked. No DOM here. */

import { createScale } from "../../../src/plot/scale.ts";
import { formatCount } from "../format.ts";
import type { Along } from "./curves.ts";

export interface Axis {
  /** 0 at the lowest value shown, 1 at the highest. */
  at(value: number): number;
  /** The value at a share of the axis. */
  of(share: number): number;
  readonly ticks: readonly { readonly value: number; readonly label: string }[];
}

const span = (values: readonly number[]): readonly [low: number, high: number] => {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low > high ? [0, 1] : [low, high];
};

function between(low: number, high: number, ticks: Axis["ticks"]): Axis {
  return {
    at: (value) => (value - low) / (high - low),
    of: (share) => low + share * (high - low),
    ticks: ticks.filter(({ value }) => value >= low && value <= high),
  };
}

/** From a round value to a round value. */
function linearAxis(values: readonly number[]): Axis {
  const scale = createScale(span(values), { ticks: 4 });
  const ticks = scale.ticks.map((value) => ({ value, label: tickLabel(value, scale.label) }));
  return between(scale.low, scale.high, ticks);
}

const tickLabel = (value: number, label: (value: number) => string): string =>
  value !== 0 && Math.abs(value) < 1e-3 ? exponent(value) : label(value);

/** @example exponent(0.00025) // "2.5e-4" */
const exponent = (value: number): string =>
  value.toExponential(1).replace(".0e", "e").replace("e+", "e");

/** Over positive values, just as long as they need. */
function logAxis(values: readonly number[]): Axis {
  const [least, most] = span(values).map(Math.log10) as [number, number];
  const margin = Math.max(0.03, 0.05 * (most - least));
  const [low, high] = [least - margin, most + margin];
  const decades = Math.ceil(high) - Math.floor(low);
  const steps = decades > 4 ? [1] : decades > 1 ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 5, 6, 8];
  const every = Math.ceil(decades / 6);
  const marked = Array.from({ length: decades + 1 }, (_, i) => Math.floor(low) + i)
    .filter((_, i) => i % every === 0)
    .flatMap((power) => steps.map((step) => step * 10 ** power));
  let shown = marked.filter((value) => Math.log10(value) >= low && Math.log10(value) <= high);
  // Less than a step of these: round values in between.
  if (shown.length < 2) shown = createScale([10 ** low, 10 ** high], { ticks: 4 }).ticks.slice();
  const axis = between(
    low,
    high,
    shown.map((value) => ({ value: Math.log10(value), label: formatValue(value) })),
  );
  return {
    at: (value) => axis.at(Math.log10(value)),
    of: (share) => 10 ** axis.of(share),
    ticks: axis.ticks.map(({ value, label }) => ({ value: 10 ** value, label })),
  };
}

export const yAxis = (values: readonly number[], isLog: boolean): Axis =>
  isLog ? logAxis(values) : linearAxis(values);

/** From the first value to the last, however odd. */
export function xAxis(values: readonly number[], along: Along): Axis {
  const [low, most] = span(values);
  const high = most > low ? most : low + 1;
  const [unit, size] = along === "time" ? unitOf(high) : ["", 1];
  // Its range ends at round values, ours does not: try until enough of them are inside.
  const counts = [4, 6, 8, 10].map((ticks) => {
    const scale = createScale([low / size, high / size], { ticks });
    const marked = scale.ticks.map((value) => ({
      value: value * size,
      label: unit ? `${scale.label(value)} ${unit}` : shortCount(value, scale.label),
    }));
    return between(low, high, marked);
  });
  return counts.find(({ ticks }) => ticks.length >= 3) ?? counts[counts.length - 1]!;
}

const shortCount = (value: number, label: (value: number) => string): string =>
  value >= 1e4 ? formatCount(value).replace(/\.0+(?=\s|$)/, "") : label(value);

const unitOf = (seconds: number): readonly [unit: string, size: number] =>
  seconds >= 7200 ? ["h", 3600] : seconds >= 120 ? ["min", 60] : ["s", 1];

/** A value with four digits. */
export function formatValue(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && size < 1e-3) return value.toExponential(2).replace(/\.?0+e/, "e");
  if (size >= 1e5) return value < 0 ? `-${formatCount(size)}` : formatCount(size);
  return size >= 1e3
    ? Math.round(value).toLocaleString("en")
    : String(Number(value.toPrecision(4)));
}

/** @example formatAlong(90, "time") // "1 min 30 s" */
export function formatAlong(value: number, along: Along): string {
  if (along === "steps") return `step ${Math.round(value).toLocaleString("en")}`;
  if (along === "tokens") return `${formatCount(value)} tokens`;
  return formatDuration(value);
}

export function formatDuration(seconds: number): string {
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
