/** What a run may use: counted, so that every program ends, the same everywhere. */

import { type FailureKind, type Place, ProgramFailure } from "./failure.ts";

export interface ProgramLimits {
  /** Nodes of the program that are evaluated, and numbers computed (default 200,000). */
  readonly steps?: number;
  /** Cells of lists, arrays and texts, over the whole run (default 1,000,000). */
  readonly cells?: number;
  /** Calls inside of one another (default 32). */
  readonly calls?: number;
  /** Things drawn (default 10,000). */
  readonly elements?: number;
}

/** Magnitude of integers: beyond, Python goes on and we stop. */
const MAX_INTEGER = 10n ** 18n;

export class Machine {
  /** Of the node that is evaluated: failures are reported there. */
  place: Place = { line: 1, column: 1 };
  printed = "";
  private steps: number;
  private cells: number;
  private readonly maxCalls: number;
  private calls = 0;

  constructor({ steps = 200_000, cells = 1_000_000, calls = 32 }: ProgramLimits = {}) {
    this.steps = steps;
    this.cells = cells;
    this.maxCalls = calls;
  }

  fail(kind: FailureKind, what: string): never {
    throw new ProgramFailure(kind, what, this.place);
  }

  step(count = 1): void {
    this.steps -= count;
    if (!(this.steps >= 0)) this.fail("limit", "the program takes too many steps");
  }

  /** Before cells are made; work on them is counted too. */
  take(cells: number): void {
    this.cells -= cells;
    if (!(this.cells >= 0)) this.fail("limit", "the program takes too much memory");
    this.step(Math.ceil(cells / 16));
  }

  call<T>(run: () => T): T {
    if (this.calls >= this.maxCalls) this.fail("limit", `more than ${this.maxCalls} nested calls`);
    this.calls++;
    try {
      return run();
    } finally {
      this.calls--;
    }
  }

  integer(value: bigint): bigint {
    if (value > MAX_INTEGER || value < -MAX_INTEGER) {
      this.fail("limit", "integers end at 18 digits");
    }
    return value;
  }
}
