/** Counts of n-grams. */

/** How often each run of `n` tokens comes; keys are tokens joined by blanks. */
export function countNgrams(tokens: readonly string[], n: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (let i = 0; i + n <= tokens.length; i++) {
    const key = n === 1 ? tokens[i]! : tokens.slice(i, i + n).join(" ");
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

/** Σ min(a, b) over the keys of both. */
export function overlapOf(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number {
  let overlap = 0;
  for (const [key, count] of a) overlap += Math.min(count, b.get(key) ?? 0);
  return overlap;
}
