/** Numbers as people read them. */

const byteUnits = ["B", "KiB", "MiB", "GiB", "TiB"];

/** @example formatBytes(1_503_238_553) // "1.40 GiB" */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  for (; value >= 1023.5 && unit < byteUnits.length - 1; unit++) value /= 1024;
  const digits = unit === 0 ? 0 : value < 10 ? 2 : value < 100 ? 1 : 0;
  return `${value.toFixed(digits)} ${byteUnits[unit]}`;
}

const countUnits = ["", " K", " M", " B", " T"];

/** @example formatCount(596_049_920) // "596 M" */
export function formatCount(count: number): string {
  let value = count;
  let unit = 0;
  for (; value >= 999.5 && unit < countUnits.length - 1; unit++) value /= 1000;
  return `${value.toFixed(unit === 0 || value >= 100 ? 0 : value < 10 ? 2 : 1)}${countUnits[unit]}`;
}

/** @example formatNumber(1024) // "1,024" */
export const formatNumber = (value: number): string => value.toLocaleString("en");

/** @example formatTime(3725) // "1 h 2 min" */
export function formatTime(seconds: number): string {
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** @example formatShortTime(0.25) // "250 ms" */
export const formatShortTime = (seconds: number): string =>
  seconds < 1 ? `${Math.round(100 * seconds) * 10} ms` : `${seconds.toFixed(1)} s`;

/** @example formatPercent(Math.log(0.5)) // "50.0 %" */
export const formatPercent = (logprob: number): string =>
  `${(100 * Math.exp(logprob)).toFixed(1)} %`;

/** Lengths of context worth showing: the longest, and halves of it down to 256. */
export function contextsUpTo(limit: number): number[] {
  const lengths = [limit];
  for (let length = 2 ** (Math.ceil(Math.log2(limit)) - 1); length >= 256; length /= 2) {
    lengths.unshift(length);
  }
  return lengths.slice(-5);
}
