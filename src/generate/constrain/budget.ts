/** Bounds on what a schema or grammar of a stranger may cost. */

/** A schema, regex or grammar that is wrong, not supported, or too large. */
export class ConstraintError extends Error {
  override readonly name = "ConstraintError";
}

/** Counted work: each unit is a fraction of a microsecond to a few microseconds. */
export class Budget {
  private left = Infinity;
  private what = "";

  /** Starts anew, before each call from outside. */
  start(what: string, units: number): void {
    this.what = what;
    this.left = units;
  }

  /** @throws ConstraintError where the work is done for */
  spend(units = 1): void {
    this.left -= units;
    if (this.left < 0) {
      throw new ConstraintError(
        `${this.what} takes more work than is allowed: the pattern or grammar is too ambiguous or ` +
          "too large, write it with fewer alternatives and repetitions that overlap",
      );
    }
  }
}

/** Work for compiling, and for one step of an answer. */
export const COMPILE_UNITS = 1_500_000;
export const STEP_UNITS = 1_500_000;

/** Runs `f`; a stack that overflows is the input's nesting, told as such. */
export function guarded<T>(what: string, f: () => T): T {
  try {
    return f();
  } catch (error) {
    if (!(error instanceof RangeError) || !error.message.includes("call stack")) throw error;
    throw new ConstraintError(`${what} is nested too deeply; write it with fewer levels`);
  }
}
