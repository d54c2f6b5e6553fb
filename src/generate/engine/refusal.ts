/** Requests that are not even queued. */

import type { EngineRefusal } from "./types.ts";

export function refusal(reason: EngineRefusal["reason"], message: string): EngineRefusal {
  return Object.assign(new Error(message), { name: "EngineRefusal", reason });
}

/** Tells a refusal from a mistake in the request, and from a failure. */
export const isEngineRefusal = (error: unknown): error is EngineRefusal =>
  error instanceof Error && error.name === "EngineRefusal" && "reason" in error;
