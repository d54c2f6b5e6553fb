/** The best few of many candidates, kept in order while they are offered. */

/** (row, token) pairs by score, best first. */
export class BestCandidates {
  readonly capacity: number;
  readonly tokens: Int32Array;
  readonly rows: Int32Array;
  readonly scores: Float64Array;
  count = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.tokens = new Int32Array(capacity);
    this.rows = new Int32Array(capacity);
    this.scores = new Float64Array(capacity);
  }

  /** A score has to be above this one to be kept. */
  get least(): number {
    return this.count < this.capacity ? -Infinity : this.scores[this.capacity - 1]!;
  }

  /** `score` is above `least`. Of equal scores the one offered first stays ahead. */
  offer(row: number, token: number, score: number): void {
    const { tokens, rows, scores } = this;
    let at = this.count < this.capacity ? this.count++ : this.count - 1;
    for (; at > 0 && scores[at - 1]! < score; at--) {
      scores[at] = scores[at - 1]!;
      tokens[at] = tokens[at - 1]!;
      rows[at] = rows[at - 1]!;
    }
    scores[at] = score;
    tokens[at] = token;
    rows[at] = row;
  }
}
