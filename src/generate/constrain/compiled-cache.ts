/** Constraints that were compiled before, by what they were compiled from. */

import type { CompiledConstraint } from "./constraint.ts";

/** Kept at most for each vocabulary; what they grow to is bounded (automaton.ts). */
const MAX_ENTRIES = 16;
/** Longest text, in UTF-16 units, that is kept as a key. */
const MAX_KEY = 1 << 18;

const caches = new WeakMap<object, Map<string, CompiledConstraint>>();

/**
 * Compiles once what is asked for again and again.
 *
 * @param owner what the constraint belongs to; it is forgotten together with it
 * @param key all that decides on the constraint; undefined: not kept
 */
export function cachedConstraint(
  owner: object,
  key: string | undefined,
  compile: () => CompiledConstraint,
): CompiledConstraint {
  if (key === undefined || key.length > MAX_KEY) return compile();
  let cache = caches.get(owner);
  if (!cache) {
    cache = new Map();
    caches.set(owner, cache);
  }
  const compiled = cache.get(key) ?? compile();
  // A map keeps the order of insertion: the first is the one used longest ago.
  cache.delete(key);
  cache.set(key, compiled);
  const [oldest] = cache.keys();
  if (cache.size > MAX_ENTRIES && oldest !== undefined) cache.delete(oldest);
  return compiled;
}
