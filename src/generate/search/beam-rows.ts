/** The hypotheses of a beam that go on, and those that are finished. */

/** A finished sentence. */
export interface Hypothesis {
  /** Generated tokens, the end token last. */
  readonly tokens: Int32Array;
  /** Sum of their log-probabilities, divided by the length where that was asked for. */
  readonly score: number;
  /** Log-probability of each token. */
  readonly tokenScores: Float64Array;
}

export interface BeamRows {
  /** [beam, capacity] */
  readonly tokens: readonly Int32Array[];
  /** [beam, capacity]: log-probability of everything up to each token. */
  readonly sums: readonly Float64Array[];
}

export const createBeamRows = (beam: number, capacity: number): BeamRows => ({
  tokens: Array.from({ length: beam }, () => new Int32Array(capacity)),
  sums: Array.from({ length: beam }, () => new Float64Array(capacity)),
});

/** Row `to` of `next` becomes row `from` of `current`, of `length` tokens, and one token more. */
export function extendRow(
  current: BeamRows,
  from: number,
  length: number,
  next: BeamRows,
  to: number,
  token: number,
  sum: number,
): void {
  const tokens = next.tokens[to]!;
  const sums = next.sums[to]!;
  const pastTokens = current.tokens[from]!;
  const pastSums = current.sums[from]!;
  for (let i = 0; i < length; i++) {
    tokens[i] = pastTokens[i]!;
    sums[i] = pastSums[i]!;
  }
  tokens[length] = token;
  sums[length] = sum;
}

/** @param sum log-probability of the row's `length` tokens and `eos` @param divisor of the score */
export function finishRow(
  rows: BeamRows,
  row: number,
  length: number,
  eos: number,
  sum: number,
  divisor: number,
): Hypothesis {
  const tokens = new Int32Array(length + 1);
  const tokenScores = new Float64Array(length + 1);
  let before = 0;
  for (let i = 0; i <= length; i++) {
    const upTo = i < length ? rows.sums[row]![i]! : sum;
    tokens[i] = i < length ? rows.tokens[row]![i]! : eos;
    tokenScores[i] = upTo - before;
    before = upTo;
  }
  return { tokens, score: sum / divisor, tokenScores };
}
