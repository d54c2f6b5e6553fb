/** Whether Python programs that a model wrote pass their tests: inside bubblewrap, or not at all. */

import { randomUUID } from "node:crypto";
import { NoSandboxError, runSandboxed } from "../sandboxed-python.ts";

export interface ProgramOutcome {
  readonly hasPassed: boolean;
  /** Why not: the error's name and message, or "timed out". */
  readonly reason?: string;
}

export interface ProgramLimits {
  /** Default 3, as the published evaluations have it; starting Python counts. */
  readonly seconds?: number;
  /** Bytes of address space (default 1 GiB). */
  readonly memory?: number;
}

/** Ends with the word of success, which a program that stops early or is killed does not reach. */
const runner = `
import os
word = sys.stdin.readline().strip()
code = sys.stdin.read()
answer = os.fdopen(os.dup(1), "w")
sys.stdin, sys.stdout, sys.stderr = open(os.devnull), open(os.devnull, "w"), open(os.devnull, "w")
try:
    exec(compile(code, "program.py", "exec"), {})
    said = word
except BaseException as error:
    said = type(error).__name__ + ": " + str(error)[:200]
answer.write(said)
answer.flush()
os._exit(0)
`;

/**
 * Whether a program runs to its end without an error.
 *
 * @throws NoSandboxError where bubblewrap is missing or may not isolate
 */
export async function runPython(
  code: string,
  { seconds = 3, memory = 2 ** 30 }: ProgramLimits = {},
): Promise<ProgramOutcome> {
  const word = randomUUID();
  const input = `${word}\n${code}`;
  const { output, isLate } = await runSandboxed({ script: runner, input, seconds, memory });
  if (output.endsWith(word)) return { hasPassed: true };
  if (isLate) return { hasPassed: false, reason: "timed out" };
  return { hasPassed: false, reason: output || "ended before its tests did" };
}

/**
 * Makes sure, before a model is asked anything, that right programs pass and wrong ones do not.
 *
 * @throws NoSandboxError
 */
export async function checkPython(): Promise<void> {
  const outcomes = [await runPython("assert 1 + 1 == 2"), await runPython("assert 1 + 1 == 3")];
  if (outcomes[0]!.hasPassed && !outcomes[1]!.hasPassed) return;
  throw new NoSandboxError(
    `the sandbox cannot run Python: ${outcomes[0]!.reason ?? "a wrong program passes"}`,
  );
}
