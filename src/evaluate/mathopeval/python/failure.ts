/** Why a program was not run to its end. */

/** Where something stands in a program, both from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/**
 * "syntax": it is no program. "unsupported": Python has it, the interpreter does not. "denied": it
 * reaches outside. "error": Python would raise too. "limit": too many steps or too much memory.
 */
export type FailureKind = "syntax" | "unsupported" | "denied" | "error" | "limit";

/** One sentence that names what was found, with its place. */
export class ProgramFailure extends Error {
  readonly kind: FailureKind;
  readonly place: Place;

  constructor(kind: FailureKind, what: string, place: Place) {
    super(`line ${place.line}, column ${place.column}: ${what}`);
    this.kind = kind;
    this.place = place;
  }
}
