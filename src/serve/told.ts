/** Failures of reading users' files, as clients see them. */

import { realpath } from "node:fs/promises";
import { sep } from "node:path";
import { HttpError } from "./errors.ts";

/**
 * What a library function says of a file below `root` is the answer, with the file's name in place
 * of its path.
 *
 * @throws HttpError 400
 */
export async function told<T>(work: Promise<T>, root: string): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof HttpError || !(error instanceof Error)) throw error;
    const real = await realpath(root).catch(() => root);
    const message = error.message.replaceAll(real + sep, "").replaceAll(root + sep, "");
    throw new HttpError(400, message.replaceAll(/\s*\n\s*/g, " "), { cause: error });
  }
}
