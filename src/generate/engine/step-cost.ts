/** Whether a step is better run over rows that sit out, or as several runs. */

/** How much older measurements count beside the next one. */
const DECAY = 0.95;
/** Rows that cost as much as another run, until it is measured. */
const ROWS_OF_A_RUN = 4;

/**
 * What runs took, as a line over their number of rows: what every run costs (reading the weights)
 * and what a row adds. How these compare differs by far between machines, models and formats.
 */
export class StepCost {
  #weight = 0;
  #rows = 0;
  #squares = 0;
  #time = 0;
  #product = 0;

  /** A run over `rows` took `time`, in any unit. */
  add(rows: number, time: number): void {
    this.#weight = DECAY * this.#weight + 1;
    this.#rows = DECAY * this.#rows + rows;
    this.#squares = DECAY * this.#squares + rows * rows;
    this.#time = DECAY * this.#time + time;
    this.#product = DECAY * this.#product + rows * time;
  }

  /** As many rows as one more run costs; Infinity where rows cost nothing. */
  get rowsOfARun(): number {
    const spread = this.#weight * this.#squares - this.#rows * this.#rows;
    // Runs of nearly one size say nothing about the others.
    if (spread <= 0.25 * this.#weight * this.#weight) return ROWS_OF_A_RUN;
    const row = (this.#weight * this.#product - this.#rows * this.#time) / spread;
    if (row <= 0) return Infinity;
    return Math.max(0, (this.#time - row * this.#rows) / this.#weight / row);
  }

  /**
   * Cuts rows into runs, each over the rows from its first to its last.
   *
   * @param rows ascending
   */
  cut(rows: readonly number[]): number[][] {
    const most = this.rowsOfARun;
    const runs: number[][] = [];
    let previous = -Infinity;
    for (const row of rows) {
      if (row - previous - 1 > most || runs.length === 0) runs.push([]);
      runs.at(-1)!.push(row);
      previous = row;
    }
    return runs;
  }
}
