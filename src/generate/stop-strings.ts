/** Stop strings in a stream of text: found across pieces, never let through, not even in part. */

export interface StopMatcher {
  /** The text that can be shown now. After a match: all that precedes the stop string. */
  push(text: string): string;
  /** What is held back because a stop string could begin there; the stream ends. */
  flush(): string;
  /** The stop string that was found. */
  readonly matched: string | undefined;
}

/**
 * The stop string that is complete first ends the text; of two complete at once, the longer.
 * How the text is cut into pieces makes no difference.
 *
 * @throws Error for an empty stop string
 */
export function createStopMatcher(stops: readonly string[]): StopMatcher {
  if (stops.includes("")) throw new Error("a stop string is empty; leave it out instead");
  // Longest first, so that of two that end together the longer is seen first.
  const patterns = [...new Set(stops)].sort((a, b) => b.length - a.length);
  const failures = patterns.map(failureTable);
  const states = new Int32Array(patterns.length);
  let held = "";
  let matched: string | undefined;
  return {
    get matched() {
      return matched;
    },
    push(text) {
      if (matched !== undefined) return "";
      if (patterns.length === 0) return text;
      const all = held + text;
      for (let i = held.length; i < all.length; i++) {
        const unit = all.charCodeAt(i);
        for (let p = 0; p < patterns.length; p++) {
          const pattern = patterns[p]!;
          const failure = failures[p]!;
          let state = states[p]!;
          while (state > 0 && pattern.charCodeAt(state) !== unit) state = failure[state - 1]!;
          if (pattern.charCodeAt(state) === unit) state++;
          if (state === pattern.length) {
            matched = pattern;
            held = "";
            return all.slice(0, i + 1 - pattern.length);
          }
          states[p] = state;
        }
      }
      const open = states.reduce((most, state) => Math.max(most, state), 0);
      held = all.slice(all.length - open);
      return all.slice(0, all.length - open);
    },
    flush() {
      const rest = held;
      held = "";
      states.fill(0);
      return rest;
    },
  };
}

/** Knuth, Morris, Pratt: length of the longest proper prefix that ends at each position. */
function failureTable(pattern: string): Int32Array {
  const table = new Int32Array(pattern.length);
  for (let i = 1, state = 0; i < pattern.length; i++) {
    while (state > 0 && pattern[state] !== pattern[i]) state = table[state - 1]!;
    if (pattern[state] === pattern[i]) state++;
    table[i] = state;
  }
  return table;
}
