/** One sentence for every failure: what the user reads on standard error. */

/** The command line itself is wrong: exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

const fileErrors: Record<string, string> = {
  ENOENT: "no such file or folder",
  EACCES: "permission denied",
  EPERM: "operation not permitted",
  EISDIR: "is a folder, a file was expected",
  ENOTDIR: "is a file, a folder was expected",
  ENOSPC: "no space left on the disk",
  EROFS: "the file system is read-only",
  EMFILE: "too many open files",
};

/**
 * The message of an error as one line without a stack.
 * System errors become words, and a bare "fetch failed" gets its cause.
 */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, path } = error as NodeJS.ErrnoException;
  const words = code ? fileErrors[code] : undefined;
  if (words && path && error.message.startsWith(`${code}:`)) return `${path}: ${words}`;
  const message = error.message.trim() || error.name;
  const sentence =
    message === "fetch failed" && error.cause
      ? `${message}: ${describeError(error.cause)}`
      : message;
  return sentence.replaceAll(/\s*\n\s*/g, " ");
}
