/** Entry of the command line. Help alone needs nothing but the table of commands. */

import { asksForHelp, helpText } from "./help.ts";
import { type Io, processIo } from "./io.ts";

/**
 * Runs the command line.
 * @param argv arguments after the program name
 * @returns exit code: 0 done, 1 error, 2 wrong usage, 130 interrupted
 */
export async function main(argv: readonly string[], io: Io = processIo()): Promise<number> {
  if (asksForHelp(argv)) {
    io.stdout.write(helpText());
    return 0;
  }
  const { dispatch } = await import("./dispatch.ts");
  return dispatch(argv, io);
}
