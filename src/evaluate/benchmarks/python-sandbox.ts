/**
 * Runs Python programs that a model wrote: only inside bubblewrap, with no network, no files but the
 * system's own read-only ones, no environment, and limits of time and memory. There is no other way.
 */

import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";

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

/** Programs cannot be run here, and so nothing that they decide can be scored. */
export class NoSandboxError extends Error {
  override readonly name = "NoSandboxError";
}

/** Ends with the word of success, which a program that stops early or is killed does not reach. */
const runner = `
import os, resource, sys
word = sys.stdin.readline().strip()
memory, seconds = int(sys.argv[1]), int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 24, 1 << 24))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
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

const isolation = [
  ..."--unshare-all --die-with-parent --new-session --clearenv --cap-drop ALL".split(" "),
  ..."--ro-bind /usr /usr --ro-bind-try /lib /lib --ro-bind-try /lib64 /lib64".split(" "),
  ..."--ro-bind-try /bin /bin --proc /proc --dev /dev --tmpfs /tmp --chdir /tmp".split(" "),
  ..."--setenv PATH /usr/bin:/bin --setenv HOME /tmp".split(" "),
];
const MAX_OUTPUT = 4096;

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
  const limits = [String(memory), String(Math.ceil(seconds))];
  const child = spawn("bwrap", [...isolation, "python3", "-I", "-c", runner, ...limits], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  let [output, complaint, isLate] = ["", "", false];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output = (output + text).slice(-MAX_OUTPUT);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaint = (complaint + text).slice(0, MAX_OUTPUT);
  });
  child.stdin.on("error", () => {}); // it may end before it has read everything
  child.stdin.end(`${word}\n${code}`);
  const timer = setTimeout(() => {
    isLate = true;
    child.kill("SIGKILL"); // what it started dies with it
  }, 1000 * seconds);
  const end = await new Promise<number | null>((resolve, reject) => {
    child.on("error", (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      const isMissing = error.code === "ENOENT";
      reject(new NoSandboxError(isMissing ? MISSING : `bubblewrap: ${error.message}`));
    });
    child.on("close", resolve);
  });
  clearTimeout(timer);
  if (output.endsWith(word)) return { hasPassed: true };
  if (isLate) return { hasPassed: false, reason: "timed out" };
  if (end === 1 && output === "" && /^bwrap: /m.test(complaint)) {
    throw new NoSandboxError(complaint.trim().split("\n")[0]);
  }
  return { hasPassed: false, reason: output || "ended before its tests did" };
}

const MISSING =
  "programs that a model wrote run only inside bubblewrap, which is missing: install it (bwrap)";

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
