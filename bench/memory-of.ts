/** What this process takes of memory. */

import { readFileSync } from "node:fs";

/**
 * Bytes of an entry of Linux' /proc/self/status: VmRSS (resident), VmHWM (its highest so far),
 * RssFile (mapped from files). 0 where the system does not say.
 */
export function memoryOf(entry: "VmRSS" | "VmHWM" | "RssFile"): number {
  const status = readFileSync("/proc/self/status", "utf8");
  return 1024 * Number(new RegExp(`^${entry}:\\s*(\\d+)`, "m").exec(status)?.[1] ?? 0);
}
