/** `sage.json` in the folder of a trained generator or verifier: what it was made from and is good for. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { TrainedRole } from "./read-trained.ts";

export type { TrainedRole };

export const TRAINED_FILE = "sage.json";

/**
 * @returns undefined where the folder has no such file: it was not trained for this
 * @throws Error naming file and key for one that is no such file
 */
export async function readTrainedRole(folder: string): Promise<TrainedRole | undefined> {
  const file = join(folder, TRAINED_FILE);
  if (!existsSync(file)) return undefined;
  return (await import("./read-trained.ts")).readTrainedFile(file);
}
