/** One line of progress on standard error, with rate and time left. */

import { fitWidth, formatDuration } from "./render.ts";

export interface StatusStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface StatusLine {
  /** Shows the text in place of the last one. Cheap to call often: most calls draw nothing. */
  show(text: string): void;
  /** Ends with a text that stays, or removes the line. */
  finish(text?: string): void;
}

interface StatusOptions {
  /** Clock in milliseconds; tests pass their own. */
  readonly now?: () => number;
}

const TERMINAL_INTERVAL = 100;
/** Logs and CI get a line now and then instead of a redrawn one. */
const LOG_INTERVAL = 10_000;

/** A line that redraws itself in a terminal, and becomes a sparse log elsewhere. */
export function createStatusLine(
  stream: StatusStream,
  { now = Date.now }: StatusOptions = {},
): StatusLine {
  const isTerminal = stream.isTTY === true;
  let last = isTerminal ? Number.NEGATIVE_INFINITY : now();
  let isDrawn = false;
  return {
    show(text) {
      const time = now();
      if (time - last < (isTerminal ? TERMINAL_INTERVAL : LOG_INTERVAL)) return;
      last = time;
      // \u001b[K clears what a longer text left behind; a full last column would wrap.
      const fitted = isTerminal ? fitWidth(text, (stream.columns ?? 80) - 1) : text;
      stream.write(isTerminal ? `\r${fitted}\u001b[K` : `${fitted}\n`);
      isDrawn = isTerminal;
    },
    finish(text) {
      const erase = isDrawn ? "\r\u001b[K" : "";
      if (text !== undefined) stream.write(`${erase}${text}\n`);
      else if (erase) stream.write(erase);
      isDrawn = false;
    },
  };
}

export interface Meter {
  /** Sets how much is done so far. */
  set(done: number): void;
  readonly done: number;
  /** Units per second over the last seconds; 0 until it is known. */
  readonly rate: number;
  /** Seconds left at that rate; Infinity while unknown. */
  readonly secondsLeft: number;
}

const WINDOW = 8000;

/**
 * Measures rate and time left over a sliding window of 8 seconds.
 * @param start what was done before this run (a resumed download does not count as speed)
 */
export function createMeter(
  total: number,
  { start = 0, now = Date.now }: StatusOptions & { readonly start?: number } = {},
): Meter {
  const samples: { time: number; done: number }[] = [{ time: now(), done: start }];
  const rate = (): number => {
    const first = samples[0]!;
    const last = samples.at(-1)!;
    const seconds = (last.time - first.time) / 1000;
    return seconds > 0 ? (last.done - first.done) / seconds : 0;
  };
  return {
    set(done) {
      const time = now();
      samples.push({ time, done });
      // The oldest sample kept lies just outside the window, so that the window is always full.
      while (samples.length > 2 && time - samples[1]!.time >= WINDOW) samples.shift();
    },
    get done() {
      return samples.at(-1)!.done;
    },
    get rate() {
      return rate();
    },
    get secondsLeft() {
      const left = total - samples.at(-1)!.done;
      return left <= 0 ? 0 : left / rate();
    },
  };
}

/** @example describeProgress("model.safetensors", meter, total, formatBytes) */
export function describeProgress(
  label: string,
  meter: Meter,
  total: number,
  format: (amount: number) => string,
): string {
  const percent = total > 0 ? Math.floor((100 * meter.done) / total) : 100;
  const amounts = `${format(meter.done)} of ${format(total)}`;
  const speed = meter.rate > 0 ? `, ${format(meter.rate)}/s` : "";
  return `${label}: ${percent} %, ${amounts}${speed}, ETA ${formatDuration(meter.secondsLeft)}`;
}
