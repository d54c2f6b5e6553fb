/** A file that may be missing. */

import { readFile } from "node:fs/promises";

/** Text of a file, or undefined where there is none. */
export async function readOptional(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new Error(`${file}: cannot be read (${String(code)})`, { cause: error });
  }
}
