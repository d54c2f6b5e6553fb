/** SessionOptions -> OrtSessionOptions. */

import type { SessionOptions } from "../types.ts";
import { defaultThreads, type Env, receive } from "./env.ts";
import { check } from "./error.ts";
import type { Pointer } from "./ffi.ts";

const levels = { disabled: 0, basic: 1, extended: 2, all: 99 } as const;

const spinDurationKey = "session.intra_op.spin_duration_us";

/** Whether a session shares the environment's thread pool. */
export const usesPool = (
  { hasPool }: Env,
  { threads, interOpThreads, spinning }: SessionOptions,
): boolean =>
  hasPool && threads === undefined && interOpThreads === undefined && spinning === undefined;

/** The native options; the caller releases them. */
export function createOptions(env: Env, options: SessionOptions): Pointer {
  const { api } = env;
  const native = receive(api, (out) => api.CreateSessionOptions(out), "session options");
  const set = (status: Pointer | null, what: string) =>
    check(api, status, `session option ${what}`);
  try {
    // Errors come back as statuses; printing them as well is left to whoever catches them.
    set(api.SetSessionLogSeverityLevel(native, 4), "log level");
    set(
      api.SetSessionGraphOptimizationLevel(native, levels[options.optimization ?? "all"]),
      "optimization",
    );
    setThreads();
    if (options.arena === false) set(api.DisableCpuMemArena(native), "arena");
    if (!options.memoryPattern) set(api.DisableMemPattern(native), "memoryPattern");
    if (options.deterministic) set(api.SetDeterministicCompute(native, true), "deterministic");
    if (options.profile) set(api.EnableProfiling(native, options.profile), "profile");
    const entries: Record<string, string> = {
      ...(options.prepack === false && { "session.disable_prepacking": "1" }),
      ...options.configEntries,
    };
    for (const [key, value] of Object.entries(entries)) {
      set(api.AddSessionConfigEntry(native, key, value), `${key} = ${value}`);
    }
    return native;
  } catch (error) {
    api.ReleaseSessionOptions(native);
    throw error;
  }

  function setThreads(): void {
    const { threads, interOpThreads, spinning } = options;
    if (usesPool(env, options)) {
      set(api.DisablePerSessionThreads(native), "threads");
      return;
    }
    if (threads !== undefined && !(Number.isInteger(threads) && threads > 0)) {
      throw new RangeError(`session option threads is ${threads}, expected an integer above 0`);
    }
    const count = threads ?? (env.hasPool ? 0 : defaultThreads());
    set(api.SetIntraOpNumThreads(native, count), "threads");
    if (interOpThreads !== undefined && interOpThreads > 1) {
      set(api.SetSessionExecutionMode(native, 1), "interOpThreads");
      set(api.SetInterOpNumThreads(native, interOpThreads), "interOpThreads");
    }
    const spin = spinning ? "1" : "0";
    set(api.AddSessionConfigEntry(native, "session.intra_op.allow_spinning", spin), "spinning");
    set(api.AddSessionConfigEntry(native, "session.inter_op.allow_spinning", spin), "spinning");
    // Long enough for the next operator of the same run, too short to disturb other programs.
    if (spinning) set(api.AddSessionConfigEntry(native, spinDurationKey, "50"), "spinning");
  }
}
