/** From data to positions: ranges, round tick values, labels. */

export interface Scale {
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
  /** Position of a value, 0 at `low` and 1 at `high`. */
  at(value: number): number;
  label(tick: number): string;
}

export interface ScaleOptions {
  readonly kind?: "linear" | "log";
  /** About how many ticks (default 5). */
  readonly ticks?: number;
  /** Values that the range must include. */
  readonly include?: readonly number[];
}

/**
 * A scale over finite values; others are passed over.
 *
 * @throws Error for a logarithmic scale over values that are not positive
 */
export function createScale(
  values: Iterable<number>,
  { kind = "linear", ticks = 5, include = [] }: ScaleOptions = {},
): Scale {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of [...values, ...include]) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) [low, high] = kind === "log" ? [1, 10] : [0, 1];
  return kind === "log" ? logScale(low, high) : linearScale(low, high, ticks);
}

function linearScale(low: number, high: number, count: number): Scale {
  const size = Math.max(Math.abs(low), Math.abs(high));
  // Too close to be told apart: ticks would be equal.
  if (size < 1e-300 || high - low <= 1e-12 * size) {
    const margin = size < 1e-300 ? 1 : size / 10;
    [low, high] = [low - margin, high + margin];
  }
  const step = roundStep((high - low) / count);
  const [first, last] = [Math.floor(low / step) + 0, Math.ceil(high / step) + 0]; // -0 + 0 is 0
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
  const [from, to] = [first * step, last * step];
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return {
    low: from,
    high: to,
    ticks,
    at: (value) => (value - from) / (to - from),
    label: (tick) => shorten(tick, digits),
  };
}

/** 1, 2 or 5 times a power of ten, not below `step`. */
function roundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  const factor = [1, 2, 5, 10].find((f) => f * power >= step * (1 - 1e-9)) ?? 10;
  return factor * power;
}

function shorten(value: number, digits: number): string {
  const size = Math.abs(value);
  if (size >= 1e9) return `${Number((value / 1e9).toPrecision(3))}G`;
  if (size >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`;
  if (size >= 1e4) return `${Number((value / 1e3).toPrecision(3))}k`;
  return digits > 6 ? value.toExponential(1) : (value === 0 ? 0 : value).toFixed(digits);
}

function logScale(low: number, high: number): Scale {
  if (!(low > 0)) throw new Error(`plot: a logarithmic scale cannot show ${low}`);
  const [first, last] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const top = last === first ? first + 1 : last;
  const ticks = Array.from({ length: top - first + 1 }, (_, i) => 10 ** (first + i));
  return {
    low: 10 ** first,
    high: 10 ** top,
    ticks,
    at: (value) => (Math.log10(value) - first) / (top - first),
    label: (tick) =>
      tick >= 1e-3 && tick < 1e4 ? String(Number(tick.toPrecision(1))) : tick.toExponential(0),
  };
}
