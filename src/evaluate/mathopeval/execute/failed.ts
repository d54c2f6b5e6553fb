import type { PlotOutcome } from "../run-plot.ts";

/** A program without a figure, in the words of the interpreter's failures. */
export const failed = (
  status: Exclude<PlotOutcome["status"], "ok">,
  what: string,
  line = 1,
): PlotOutcome => ({
  status,
  message: `line ${line}, column 1: ${what}`,
  place: { line, column: 1 },
});
