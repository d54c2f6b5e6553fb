/** What a search may choose next, as ranges of ids. */

/** start, end, start, end, …: ids from each start up to before its end; ascending, disjoint. */
export type TokenRanges = ArrayLike<number>;

/** Restricts what may follow. One constraint serves all rows: it keeps no state of its own. */
export interface SearchConstraint {
  /**
   * @param tokens what was generated; the first `length` count
   * @returns what may follow them; undefined allows every token
   */
  allowed(tokens: ArrayLike<number>, length: number): TokenRanges | undefined;
  /**
   * How log-probabilities are normalised: over the allowed tokens (they are chosen among before
   * the softmax), or over the whole vocabulary (after it).
   */
  readonly normalizeOver: "allowed" | "vocabulary";
}

export function allows(ranges: TokenRanges, id: number): boolean {
  for (let i = 0; i < ranges.length; i += 2) {
    if (id < ranges[i]!) return false;
    if (id < ranges[i + 1]!) return true;
  }
  return false;
}

/** Ascending ids as ranges; neighbours share one. */
export function rangesOf(ids: Iterable<number>): Int32Array {
  const ranges: number[] = [];
  for (const id of [...ids].sort((a, b) => a - b)) {
    if (ranges.length > 0 && ranges.at(-1) === id) ranges[ranges.length - 1] = id + 1;
    else ranges.push(id, id + 1);
  }
  return Int32Array.from(ranges);
}
