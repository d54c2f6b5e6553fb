/** Where the studio looks for training runs, evaluations and variants to label. */

import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
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
  if (existsSync(join(given, "metrics.jsonl"))) {
    throw new UsageError(`--runs ${given}: is a run itself; give the folder that it lies in`);
  }
  return resolve(given);
}

export const workOption = (): Option =>
  new Option(
    "--work <dir>",
    "folder of evaluations and of variants to label that the studio shows (default: this one)",
  );

/** As {@link runsFolder}. */
export function workFolder(given: string | undefined, isShown: boolean): string | undefined {
  if (given === undefined) return isShown ? resolve(".") : undefined;
  if (statSync(given, { throwIfNoEntry: false })?.isDirectory()) return resolve(given);
  throw new UsageError(`--work ${given}: there is no such folder`);
}
