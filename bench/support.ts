/** What the benches share: times in turns, the machine's description, children, a table. */

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { fileURLToPath } from "node:url";

export interface Times {
  readonly best: number;
  readonly median: number;
}

export function timesOf(samples: readonly number[]): Times {
  const sorted = [...samples].sort((a, b) => a - b);
  return { best: sorted[0]!, median: sorted[sorted.length >> 1]! };
}

/** Milliseconds that have passed, or that this process has computed on all its threads. */
export type Clock = () => number;
export const elapsed: Clock = () => performance.now();
export const computed: Clock = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/**
 * Milliseconds of each subject over rounds that run all of them in turn, so that other load hits
 * all alike. A first round is not counted.
 */
export async function interleave(
  subjects: readonly (() => void | Promise<void>)[],
  rounds: number,
  clock = elapsed,
): Promise<Times[]> {
  const samples = subjects.map((): number[] => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [i, subject] of subjects.entries()) {
      const start = clock();
      await subject();
      if (round > 0) samples[i]!.push(clock() - start);
    }
  }
  return samples.map(timesOf);
}

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly node: string;
  /** Runnable threads over the last minute: a bench on a busy machine says so. */
  readonly load: number;
  /** Share of the processors' time that the hypervisor gave to others since the start, Linux. */
  readonly steal: number | undefined;
}

export function machine(): Machine {
  const [first] = cpus();
  const load = loadavg()[0]!;
  const cores = cpus().length;
  return { cpu: first?.model ?? "?", cores, node: process.version, load, steal: steal() };
}

/** user, nice, system, idle, iowait, irq, softirq, steal */
function ticks(): number[] | undefined {
  try {
    const [line = ""] = readFileSync("/proc/stat", "utf8").split("\n");
    return line.split(/\s+/).slice(1, 9).map(Number);
  } catch {
    return undefined;
  }
}

const ticksAtStart = ticks();

function steal(): number | undefined {
  const now = ticks();
  if (!now || !ticksAtStart) return undefined;
  const passed = now.map((n, i) => n - ticksAtStart[i]!);
  const all = passed.reduce((a, b) => a + b, 0);
  return all > 0 ? passed[7]! / all : undefined;
}

export function describeMachine(m: Machine): string {
  const stolen = m.steal === undefined ? "" : `, ${(100 * m.steal).toFixed(0)} % stolen`;
  return `${m.cores} x ${m.cpu}, Node ${m.node}, load ${m.load.toFixed(1)}${stolen}`;
}

/** Brings dist/ up to date: children that are timed run it, as users do. */
export async function build(): Promise<void> {
  const script = new URL("../scripts/build.mjs", import.meta.url);
  const { ensureBuild } = (await import(script.href)) as {
    ensureBuild: () => string | undefined;
  };
  const failure = ensureBuild();
  if (failure) throw new Error(failure);
}

/** Runs a built module in a fresh process and returns what it prints. */
export function runBuilt(module: string, args: readonly string[], nodeArgs: string[] = []): string {
  const file = fileURLToPath(new URL(`../dist/${module}`, import.meta.url));
  return execFileSync(process.execPath, [...nodeArgs, file, ...args], { encoding: "utf8" });
}

/** One line of a result. */
export interface Row {
  readonly name: string;
  readonly measured: string;
  readonly reference: string;
  readonly ratio: number;
  /** `min`: the ratio must be at least this; `max`: at most. */
  readonly target?: { readonly min: number } | { readonly max: number };
}

export function passes({ ratio, target }: Row): boolean | undefined {
  if (!target) return undefined;
  return "min" in target ? ratio >= target.min : ratio <= target.max;
}

export function printTable(rows: readonly Row[]): void {
  const lines = rows.map((row) => {
    const { name, measured, reference, ratio, target } = row;
    const wanted = !target ? "" : "min" in target ? `>= ${target.min}` : `<= ${target.max}`;
    const passed = passes(row);
    const verdict = passed === undefined ? "" : passed ? "pass" : "MISS";
    return [name, measured, reference, ratio.toFixed(2), wanted, verdict];
  });
  const all = [["", "measured", "reference", "ratio", "target", ""], ...lines];
  const widths = all[0]!.map((_, i) => Math.max(...all.map((line) => line[i]!.length)));
  for (const line of all) {
    console.log(
      line
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join("  ")
        .trimEnd(),
    );
  }
}
