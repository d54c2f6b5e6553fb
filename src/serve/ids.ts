/** Names and times of answers. */

import { randomBytes } from "node:crypto";

/** `prefix-…` (or `prefix_…` where the prefix ends in one). */
export function createId(prefix: string): string {
  const separator = prefix.endsWith("_") ? "" : "-";
  return `${prefix}${separator}${randomBytes(12).toString("hex")}`;
}

/** Seconds since 1970. */
export const now = (): number => Math.floor(Date.now() / 1000);
