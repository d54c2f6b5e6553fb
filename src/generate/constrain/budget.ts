/** Bounds on what a schema or grammar of a stranger may cost. */

/** A schema, regex or grammar that is wrong, not supported, or too large. */
export class ConstraintError extends Error {
  override readonly name = "ConstraintError";
}

/** Milliseconds that one call from outside may take, whatever its units cost on this machine. */
const TIME_LIMIT = 10_000;

/** Counted work: each unit is a fraction of a microsecond to a few microseconds. */
export class Budget {
  private left = Infinity;
  private what = "";
  private deadline = Infinity;
  private calls = 0;

  /** Starts anew, before each call from outside. */
  start(what: string, units: number): void {
    this.what = what;
    this.left = units;
    this.deadline = performance.now() + TIME_LIMIT;
  }

  /** @throws ConstraintError where the work is done for */
  spend(units = 1): void {
    this.left -= units;
    const isLook = (++this.calls & 255) === 0;
    if (this.left < 0 || (isLook && performance.now() > this.deadline)) {
      throw new ConstraintError(
        `${this.what} takes more work than is allowed: the pattern or grammar is too ambiguous or ` +
          "too large, write it with fewer alternatives and repetitions that overlap",
      );
    }
  }
}

/** Milliseconds of the steps of one answer, of which most take next to none. */
export const ANSWER_TIME = 30_000;

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
