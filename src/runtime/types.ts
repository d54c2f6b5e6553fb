/** What a runtime offers, whatever engine is below. Native code is imported only when asked for. */

import type { NDArray } from "../graph/ndarray.ts";
import type { Port, Program, WeightSource } from "../graph/program.ts";

export type NDArrays = Readonly<Record<string, NDArray>>;

export interface SessionOptions {
  /** Gives each weight of the program; asked once per weight, at creation. */
  readonly weights?: WeightSource;
  /**
   * Threads one operator may use. Left out: the pool that all sessions of the process share (as
   * many threads as physical cores). A number: a pool of the session's own; 1 starts no thread.
   */
  readonly threads?: number;
  /** Threads that run independent operators side by side (default 1: one operator at a time). */
  readonly interOpThreads?: number;
  /** Keep freed scratch memory for the next run (default true). */
  readonly arena?: boolean;
  /** Plan scratch memory from earlier runs of the same input shapes (default false). */
  readonly memoryPattern?: boolean;
  /** Idle threads of the session's own pool spin a while before they sleep (default false). */
  readonly spinning?: boolean;
  readonly optimization?: "disabled" | "basic" | "extended" | "all";
  /** Write a Chrome trace to `<profile>_<date>.json`; `endProfiling` closes it. */
  readonly profile?: string;
  /**
   * Let kernels keep a copy of constant weights in a layout of their own (default true). It is
   * faster for matrix products and doubles the memory of the weights it is done for.
   */
  readonly prepack?: boolean;
  /** Prefer kernels whose result does not change from run to run (default false). */
  readonly deterministic?: boolean;
  /** The engine's own `session.*` configuration entries. */
  readonly configEntries?: Readonly<Record<string, string>>;
  /** Gives up the creation. */
  readonly signal?: AbortSignal;
}

export interface RunOptions {
  /** Memory for outputs. The same array may be an input: the engine then updates it in place. */
  readonly outputs?: NDArrays;
  /** Outputs to compute, by name. Default: those of `outputs` if given, else all. */
  readonly fetch?: readonly string[];
  /** Stops the run between two operators; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface Session extends Disposable {
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /** Runs off the event loop. Inputs are read in place and must not change until it is done. */
  run(inputs: NDArrays, options?: RunOptions): Promise<Record<string, NDArray>>;
  /** The same on this thread: saves 10 to 20 us, so for programs of a few microseconds only. */
  runSync(inputs: NDArrays, options?: Omit<RunOptions, "signal">): Record<string, NDArray>;
  /** Fixes the arrays of a repeated run once, so that a run costs no set-up at all. */
  bind(arrays: { readonly inputs: NDArrays; readonly outputs: NDArrays }): BoundRun;
  /** Ends profiling and returns the path of the trace file. */
  endProfiling(): string;
  dispose(): void;
}

export interface BoundRun extends Disposable {
  /** Runs with the bound arrays. One run at a time; outputs are in the bound arrays. */
  run(signal?: AbortSignal): Promise<void>;
  /** The same on this thread, for programs of a few microseconds. */
  runSync(): void;
  /**
   * Puts another array in the place of an input, an output, or both where the name is both. A
   * view of the same memory with another shape costs no copy (decoding loops).
   */
  rebind(name: string, array: NDArray): void;
  dispose(): void;
}

export interface EngineInfo {
  readonly library: string;
  readonly version: string;
  /** Execution providers the library was built with, e.g. `CPUExecutionProvider`. */
  readonly providers: readonly string[];
  /** Threads of the shared pool. */
  readonly threads: number;
}

export interface Runtime {
  createSession(program: Program, options?: SessionOptions): Promise<Session>;
  engineInfo(): Promise<EngineInfo>;
}
