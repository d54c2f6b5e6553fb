/** Where the studio looks for training runs. */

import { statSync } from "node:fs";
import { resolve } from "node:path";
import { Option } from "commander";
import { UsageError } from "./errors.ts";

export const runsOption = (): Option =>
  new Option(
    "--runs <dir>",
    "folder of training runs that the studio shows (default: runs, where there is one)",
  );

/**
 * @param given must exist; the default may appear later, with the first run
 * @param isShown whether there is a studio: without it, runs are only served where asked for
 */
export function runsFolder(given: string | undefined, isShown: boolean): string | undefined {
  if (given === undefined) return isShown ? resolve("runs") : undefined;
  if (!statSync(given, { throwIfNoEntry: false })?.isDirectory()) {
    throw new UsageError(`--runs ${given}: there is no such folder`);
  }
  return resolve(given);
}
