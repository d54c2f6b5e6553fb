/** What the residual stream after one layer holds: its largest numbers, and its large channels. */

import type { NDArray } from "../../graph/ndarray.ts";

export interface ResidualSummary {
  /** Largest size, and where it was seen first. */
  readonly max: {
    readonly value: number;
    readonly channel: number;
    readonly window: number;
    readonly position: number;
    readonly token: number;
  };
  /** Median size of all numbers. */
  readonly median: number;
  /** Above 100 and above 1,000 times the median (Sun et al., 2024). */
  readonly isMassive: boolean;
  /** Largest size at first tokens, and at all others. */
  readonly maxFirst: number;
  readonly maxRest: number;
  /** The channel of the largest mean size over all but first tokens. */
  readonly sink: {
    readonly channel: number;
    /** Its mean size over the median of all channels'. */
    readonly ratio: number;
    /** Share of tokens whose largest channel is the one that is so most often. */
    readonly modalShare: number;
  };
  /**
   * Size of the largest channel over the root mean square of its token, at all but first tokens:
   * median and 99th percentile. At most the root of the number of channels.
   */
  readonly peak: { readonly p50: number; readonly p99: number };
}

/** Collects over windows; has the sizes of all numbers, for their median. */
export class StreamStatistics {
  readonly sizes: Float32Array[] = [];
  channelSums = new Float64Array(0);
  rows = 0;
  readonly peaks: number[] = [];
  readonly modal = new Map<number, number>();
  maxFirst = 0;
  maxRest = 0;
  max = { value: -1, channel: 0, window: 0, position: 0, token: 0 };

  /**
   * @param stream [1, seq, hidden]
   * @param ids the tokens
   */
  add(stream: NDArray, ids: readonly number[], window: number): void {
    const width = stream.shape[2];
    const data = Float32Array.from(stream.data as Float32Array, Math.abs);
    this.sizes.push(data);
    if (this.channelSums.length === 0) this.channelSums = new Float64Array(width);
    for (const [position, token] of ids.entries()) {
      const row = data.subarray(position * width, (position + 1) * width);
      let [channel, squares] = [0, 0];
      for (let j = 0; j < width; j++) {
        squares += row[j] * row[j];
        if (row[j] > row[channel]) channel = j;
      }
      const value = row[channel];
      if (value > this.max.value) this.max = { value, channel, window, position, token };
      if (position === 0) {
        this.maxFirst = Math.max(this.maxFirst, value);
        continue;
      }
      this.maxRest = Math.max(this.maxRest, value);
      for (let j = 0; j < width; j++) this.channelSums[j] += row[j];
      this.rows++;
      this.peaks.push(value / (Math.sqrt(squares / width) || 1));
      this.modal.set(channel, (this.modal.get(channel) ?? 0) + 1);
    }
  }
}

export function residualReport(s: StreamStatistics): ResidualSummary {
  const median = medianOf(s.sizes);
  const means = s.channelSums.map((sum) => sum / s.rows);
  const channel = means.reduce((best, mean, j) => (mean > means[best] ? j : best), 0);
  const peaks = Float64Array.from(s.peaks).sort();
  const at = (share: number): number => peaks[Math.round(share * (peaks.length - 1))];
  return {
    max: s.max,
    median,
    isMassive: s.max.value > 100 && s.max.value > 1000 * median,
    maxFirst: s.maxFirst,
    maxRest: s.maxRest,
    sink: {
      channel,
      ratio: means[channel] / (means.slice().sort()[means.length >> 1] || 1),
      modalShare: Math.max(...s.modal.values()) / s.rows,
    },
    peak: { p50: at(0.5), p99: at(0.99) },
  };
}

function medianOf(parts: readonly Float32Array[]): number {
  const all = new Float32Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all.sort()[all.length >> 1];
}
