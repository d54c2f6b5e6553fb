/** What a search drives: the rows of a target sentence that are generated side by side. */

/** A target sentence being generated, one row a hypothesis. */
export interface TargetSession {
  readonly vocabSize: number;
  readonly rows: number;
  /** Feeds one token to each row; scores of what follows: [rows, vocab], valid until the next call. */
  step(tokens: ArrayLike<number>): Promise<Float32Array>;
  /** Row i then continues what row `from[i]` held; the number of rows may change. */
  reorder(from: readonly number[]): Promise<void>;
}

/** Where a search begins: behind the forced prefix, with one row. */
export interface SearchStart {
  readonly session: TargetSession;
  /** Scores of what follows the prefix: [vocab], not yet normalised. */
  readonly scores: Float32Array;
}

/** @throws RangeError where the start is not one row of scores over the session's vocabulary */
export function checkStart({ session, scores }: SearchStart, where: string): void {
  if (session.rows === 1 && scores.length === session.vocabSize) return;
  throw new RangeError(
    `${where}: it starts from ${scores.length} scores and a session of ${session.rows} rows, ` +
      `expected the ${session.vocabSize} scores of one row`,
  );
}
