/**
 * Starts Python inside bubblewrap: no network, no files but the system's own and Python's, read-only,
 * no environment, and limits of time, memory, processes and output. There is no other way.
 */

import { spawn } from "node:child_process";

/** Programs cannot be run here, and so nothing that they decide can be scored. */
export class NoSandboxError extends Error {
  override readonly name = "NoSandboxError";
}

export interface SandboxedRun {
  /** Text of the trusted script that is run; it reads `input` and runs the program in it. */
  readonly script: string;
  readonly args?: readonly string[];
  readonly input: string;
  /** Of wall time; starting Python counts. */
  readonly seconds: number;
  /** Bytes of address space of each process. */
  readonly memory: number;
  /** Bytes of output after which it is stopped (default 4,096). */
  readonly maxOutput?: number;
  /** Default: python3 of the system. */
  readonly python?: PythonPlace;
  readonly environment?: Readonly<Record<string, string>>;
  /** Folders that are empty inside, where they exist. */
  readonly hidden?: readonly string[];
}

export interface PythonPlace {
  readonly executable: string;
  /** Folders that it needs, beside the system's. */
  readonly folders: readonly string[];
}

export interface SandboxedEnd {
  readonly output: string;
  readonly isLate: boolean;
  readonly isTooMuch: boolean;
}

/** Limits that the script sets on itself before anything else, and cannot lift. */
const limits = `
import resource, sys
memory, seconds = int(sys.argv[1]), int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 24, 1 << 24))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
resource.setrlimit(resource.RLIMIT_NPROC, (64, 64))
`;

const isolation = [
  ..."--unshare-all --die-with-parent --new-session --clearenv --cap-drop ALL".split(" "),
  ..."--ro-bind /usr /usr --ro-bind-try /lib /lib --ro-bind-try /lib64 /lib64".split(" "),
  ..."--ro-bind-try /bin /bin --proc /proc --dev /dev --tmpfs /tmp --chdir /tmp".split(" "),
  ..."--setenv PATH /usr/bin:/bin --setenv HOME /tmp".split(" "),
];
const system: PythonPlace = { executable: "python3", folders: [] };
const MOST_COMPLAINT = 4096;

const MISSING =
  "programs that a model wrote run only inside bubblewrap, which is missing: install it (bwrap)";

/** @throws NoSandboxError where bubblewrap is missing or may not isolate */
export async function runSandboxed(run: SandboxedRun): Promise<SandboxedEnd> {
  const { script, args = [], input, seconds, memory, maxOutput = 4096, python = system } = run;
  const { environment = {}, hidden = [] } = run;
  const places = [
    ...hidden.flatMap((folder) => ["--tmpfs", folder]),
    ...python.folders.flatMap((folder) => ["--ro-bind", folder, folder]),
    ...Object.entries(environment).flatMap(([name, value]) => ["--setenv", name, value]),
  ];
  const command = [python.executable, "-I", "-c", limits + script];
  const own = [String(memory), String(Math.ceil(seconds)), ...args];
  const child = spawn("bwrap", [...isolation, ...places, ...command, ...own], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  let [output, complaint, isLate, isTooMuch] = ["", "", false, false];
  const stop = (): void => {
    child.kill("SIGKILL"); // what it started dies with it
  };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    if (output.length <= maxOutput) return;
    output = output.slice(-maxOutput);
    isTooMuch = true;
    stop();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaint = (complaint + text).slice(0, MOST_COMPLAINT);
  });
  child.stdin.on("error", () => {}); // it may end before it has read everything
  child.stdin.end(input);
  const timer = setTimeout(() => {
    isLate = true;
    stop();
  }, 1000 * seconds);
  try {
    const end = await new Promise<number | null>((resolve, reject) => {
      child.on("error", (error: NodeJS.ErrnoException) => {
        const isMissing = error.code === "ENOENT";
        reject(new NoSandboxError(isMissing ? MISSING : `bubblewrap: ${error.message}`));
      });
      child.on("close", resolve);
    });
    if (end === 1 && output === "" && /^bwrap: /m.test(complaint)) {
      throw new NoSandboxError(complaint.trim().split("\n")[0]);
    }
  } finally {
    clearTimeout(timer);
  }
  return { output, isLate, isTooMuch };
}
