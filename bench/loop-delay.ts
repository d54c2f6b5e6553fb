/**
 * What keeps the event loop: the time between two turns of a timer, split (on Linux) into what
 * this thread computed and what it waited for a core. On a busy machine only the first is ours.
 */

import { readFileSync } from "node:fs";

/** Milliseconds between two turns of the timer where nothing else happens. */
const INTERVAL = 2;

export interface LoopDelays {
  readonly p99: number;
  readonly longest: number;
}

export interface LoopReport {
  /** Milliseconds that turns came late. */
  readonly late: LoopDelays;
  /** Milliseconds that the main thread computed between two turns; undefined elsewhere. */
  readonly computed: LoopDelays | undefined;
}

export interface LoopMonitor {
  /** Ends it. */
  stop(): LoopReport;
}

/** Nanoseconds that the main thread has computed. */
function mainThreadTime(): number | undefined {
  try {
    const file = `/proc/self/task/${process.pid}/schedstat`;
    return Number(readFileSync(file, "latin1").split(" ")[0]);
  } catch {
    return undefined;
  }
}

export function monitorLoop(): LoopMonitor {
  const late: number[] = [];
  const computed: number[] = [];
  let at = performance.now();
  let busy = mainThreadTime();
  const timer = setInterval(() => {
    const now = performance.now();
    late.push(Math.max(0, now - at - INTERVAL));
    at = now;
    const used = mainThreadTime();
    if (used !== undefined && busy !== undefined) computed.push((used - busy) / 1e6);
    busy = used;
  }, INTERVAL);
  return {
    stop() {
      clearInterval(timer);
      return { late: delays(late), computed: computed.length > 0 ? delays(computed) : undefined };
    },
  };
}

function delays(samples: readonly number[]): LoopDelays {
  const sorted = [...samples].sort((a, b) => a - b);
  const p99 = sorted[Math.floor(0.99 * (sorted.length - 1))] ?? 0;
  return { p99, longest: sorted.at(-1) ?? 0 };
}
