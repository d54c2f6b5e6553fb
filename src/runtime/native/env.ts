/** The engine's environment: one per process, whichever thread asks first. */

import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { loadApi, type OrtApi } from "./api.ts";
import { setEngineVariables } from "./engine-variables.ts";
import { check } from "./error.ts";
import type { Pointer } from "./ffi.ts";

export interface Env {
  readonly api: OrtApi;
  readonly pointer: Pointer;
  /** OrtMemoryInfo of plain CPU memory. */
  readonly cpu: Pointer;
  /** OrtAllocator of plain CPU memory. */
  readonly allocator: Pointer;
  /**
   * Sessions may use the environment's pool. False once the engine has refused it: another user of
   * the library in this process (onnxruntime-node) made the environment first, without pools.
   */
  hasPool: boolean;
}

let cached: Promise<Env> | undefined;

export function loadEnv(): Promise<Env> {
  cached ??= create().catch((error) => {
    cached = undefined;
    throw error;
  });
  return cached;
}

/** Scratch for out-parameters, read at once after the call. */
const out = new BigUint64Array(16);

/** Calls a function whose last argument is an out pointer and returns what it wrote. */
export function receive(
  api: OrtApi,
  call: (out: BigUint64Array) => Pointer | null,
  doing: string,
): Pointer {
  check(api, call(out), doing);
  return out[0];
}

/**
 * The environment is reference-counted inside the engine and shared by all threads; it is never
 * released. Its thread pools are shared by all sessions that set no thread count of their own, so
 * ten sessions do not start ten pools, and threads sleep between runs. Measured on 2 cores, 28
 * products of [1, 1024] with [1024, 1024]: 1.8 to 2.2 ms a run asleep or spinning, but spinning
 * burns 11 to 13 ms more processor time per run where runs are 10 ms apart, and two runs at once
 * take 3 ms with the shared pool against 5 to 8 ms with two spinning ones.
 */
async function create(): Promise<Env> {
  await setEngineVariables();
  const api = await loadApi();
  const threading = receive(api, (o) => api.CreateThreadingOptions(o), "threading options");
  try {
    check(api, api.SetGlobalIntraOpNumThreads(threading, defaultThreads()), "shared threads");
    check(api, api.SetGlobalInterOpNumThreads(threading, 1), "shared threads");
    check(api, api.SetGlobalSpinControl(threading, 0), "shared threads");
    const pointer = receive(
      api,
      (o) => api.CreateEnvWithGlobalThreadPools(4, "onefold", threading, o),
      "creating the engine's environment",
    );
    const allocator = receive(api, (o) => api.GetAllocatorWithDefaultOptions(o), "allocator");
    const cpu = receive(api, (o) => api.AllocatorGetInfo(allocator, o), "memory info");
    return { api, pointer, cpu, allocator, hasPool: true };
  } finally {
    api.ReleaseThreadingOptions(threading);
  }
}

/** Physical cores this process may use: hyper-threads do not help matrix products. */
export function defaultThreads(): number {
  const logical = availableParallelism();
  return Math.max(1, Math.min(logical, physicalCores() ?? logical));
}

/** Distinct (package, core) pairs of /proc/cpuinfo; undefined where there is no such file. */
function physicalCores(): number | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    const text = readFileSync("/proc/cpuinfo", "utf8");
    const cores = new Set<string>();
    for (const block of text.split("\n\n")) {
      const field = (name: string) => block.match(new RegExp(`^${name}\\s*: (\\d+)`, "m"))?.[1];
      const core = field("core id");
      if (core !== undefined) cores.add(`${field("physical id")}:${core}`);
    }
    return cores.size || undefined;
  } catch {
    return undefined;
  }
}
