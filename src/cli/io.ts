/** What a command sees of the process: streams, environment, interruption, exit code. */

export interface Io {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly env: NodeJS.ProcessEnv;
  /** Exit code of the process when the command returns; 0 unless the command sets it. */
  exitCode: number;
  /**
   * Takes Ctrl-C over: the first one aborts the signal and the command winds down, the second ends
   * the process. Without this call the first one already does. Either way the exit code is 130.
   */
  interruptible(): AbortSignal;
}

/** Exit code of a process that Ctrl-C ended (128 + SIGINT), as shells report it. */
export const INTERRUPTED = 130;

/** The real process. Installs the handlers for Ctrl-C and for a reader that went away. */
export function processIo(): Io {
  let controller: AbortController | undefined;
  process.on("SIGINT", () => {
    if (!controller || controller.signal.aborted) process.exit(INTERRUPTED);
    controller.abort(new Error("interrupted"));
  });
  for (const stream of [process.stdout, process.stderr]) {
    // `onefold ... | head` closes our output early: that is the reader's choice, not an error.
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") process.exit(0);
      throw error;
    });
  }
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    exitCode: 0,
    interruptible() {
      controller ??= new AbortController();
      return controller.signal;
    },
  };
}

/** Writes one line to standard output and waits when the reader is slower than we are. */
export async function writeLine(io: Io, line: string): Promise<void> {
  if (!io.stdout.write(`${line}\n`)) {
    await new Promise((resolve) => io.stdout.once("drain", resolve));
  }
}

/** Writes one value as a JSON line. */
export const writeJson = (io: Io, value: unknown): Promise<void> =>
  writeLine(io, JSON.stringify(value));

/** All of standard input as UTF-8 text. */
export async function readStdin(io: Io): Promise<string> {
  const { text } = await import("node:stream/consumers");
  return text(io.stdin);
}
