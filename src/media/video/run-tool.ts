/** Runs a program that reads a file nobody has checked: no shell, with limits, and gone at the end. */

export interface ToolOptions {
  /** Goes to its standard input. */
  readonly input?: Uint8Array | undefined;
  readonly maxOutputBytes: number;
  readonly timeoutSeconds: number;
}

/** What the program printed. `problem` is undefined if it ended well. */
export interface ToolResult {
  readonly output: Uint8Array;
  readonly problem: string | undefined;
}

/** The program is not installed. */
export class MissingToolError extends Error {
  override readonly name = "MissingToolError";
}

/**
 * @throws MissingToolError if there is no such program. What goes wrong while it runs is not thrown
 *   but told, since only the caller knows which file is to blame.
 */
export async function runTool(
  tool: string,
  parameters: readonly string[],
  { input, maxOutputBytes, timeoutSeconds }: ToolOptions,
): Promise<ToolResult> {
  const { spawn } = await import("node:child_process");
  return new Promise((resolve, reject) => {
    const child = spawn(tool, parameters, { stdio: ["pipe", "pipe", "pipe"], windowsHide: true });
    const chunks: Buffer[] = [];
    let size = 0;
    let messages = "";
    let problem: string | undefined;
    const stop = (reason: string): void => {
      problem ??= reason;
      child.kill("SIGKILL");
    };
    const timer = setTimeout(
      () => stop(`took more than ${timeoutSeconds} s`),
      timeoutSeconds * 1000,
    );
    child.on("error", (cause: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      const missing = cause.code === "ENOENT";
      reject(missing ? new MissingToolError(`${tool} is not on the PATH`, { cause }) : cause);
    });
    child.stdout.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxOutputBytes) stop(`wrote more than ${maxOutputBytes} bytes`);
      else chunks.push(chunk);
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      if (messages.length < 65_536) messages += text;
    });
    child.on("close", (code) => {
      clearTimeout(timer);
      if (code !== 0) problem ??= reasonIn(messages) || `ended with ${code}`;
      resolve({ output: Buffer.concat(chunks), problem });
    });
    // It may close its input before it has read all of it.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
  });
}

/** The last message, without the part of the program that it comes from. */
function reasonIn(messages: string): string {
  const lines = messages.split(/[\r\n]+/).map((line) => line.trim());
  // The cache tells that a pipe cannot be sought in: known, and no problem.
  const own = lines.filter((line) => line && !/^\[cache|^Last message repeated/.test(line));
  const last = (own.at(-1) ?? "").replace(/^(\[[^\]]*\]\s*)+/, "");
  return last.replace(/^(cache:pipe:0|file:.*?): /, "").slice(0, 200);
}
