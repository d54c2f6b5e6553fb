/** "Did you mean": existing names close to one that is missing. */

const MAX_LENGTH = 120;
const MAX_NAMES = 20_000;

/**
 * Up to `count` names nearest to `wanted` by edit distance, nearest first; names with nothing in common are left out.
 */
export function closestNames(wanted: string, names: Iterable<string>, count = 3): string[] {
  // Quadratic in the length: only so many names of usual length are worth comparing.
  const target = wanted.slice(0, MAX_LENGTH);
  const scored: { name: string; distance: number }[] = [];
  let left = MAX_NAMES;
  for (const name of names) {
    if (name.length > MAX_LENGTH) continue;
    if (left-- === 0) break;
    const limit = Math.max(target.length, name.length) / 2;
    if (Math.abs(target.length - name.length) > limit) continue;
    const distance = editDistance(target, name);
    if (distance <= limit) scored.push({ name, distance });
  }
  scored.sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1));
  return scored.slice(0, count).map(({ name }) => name);
}

/** Levenshtein distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Uint16Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = new Uint16Array(b.length + 1);
    next[0] = i;
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      next[j] = Math.min(change, row[j] + 1, next[j - 1] + 1);
    }
    row = next;
  }
  return row[b.length];
}
