/** Times of the engine's kernels, by operator. */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Program, WeightSource } from "../../src/graph/program.ts";
import { createSession, type NDArrays } from "../../src/runtime/index.ts";

/** One event of the engine's trace (Chrome's format). */
interface TraceEvent {
  readonly name: string;
  readonly cat: string;
  readonly dur: number;
  readonly args?: { readonly op_name?: string };
}

export interface KernelOptions {
  readonly weights?: WeightSource;
  readonly threads?: number;
  readonly prepack?: boolean;
  /** Runs, of which the first is not counted (default 3). */
  readonly runs?: number;
}

export interface KernelTimes {
  /** Milliseconds of a run by operator. */
  readonly ops: Readonly<Record<string, number>>;
  /** Milliseconds of a whole run, what lies between kernels included. */
  readonly run: number;
}

/** Runs a program with the engine's profiler on. */
export async function kernelTimes(
  program: Program,
  inputs: NDArrays,
  { runs = 3, ...options }: KernelOptions = {},
): Promise<KernelTimes> {
  const folder = mkdtempSync(join(tmpdir(), "onefold-kernels-"));
  using session = await createSession(program, { ...options, profile: join(folder, "trace") });
  for (let i = 0; i < runs; i++) await session.run(inputs);
  const trace = JSON.parse(readFileSync(session.endProfiling(), "utf8")) as TraceEvent[];
  rmSync(folder, { recursive: true });
  const ops: Record<string, number> = {};
  const times = trace.filter(({ name }) => name === "model_run").map(({ dur }) => dur / 1000);
  const nodes = trace.filter(({ name, cat }) => cat === "Node" && name.endsWith("_kernel_time"));
  const first = nodes.length / runs; // every run has the same nodes
  for (const { dur, args } of nodes.slice(first)) {
    const op = args?.op_name ?? "?";
    ops[op] = (ops[op] ?? 0) + dur / 1000 / (runs - 1);
  }
  return { ops, run: times.slice(1).reduce((a, b) => a + b, 0) / (runs - 1) };
}
