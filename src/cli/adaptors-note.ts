/** Says what of a task model a copy of it leaves out. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { resolveModel } from "../checkpoint/index.ts";
import type { Io } from "./io.ts";

/** One sentence on standard error, where the model has more than its text model. */
export async function noteAdaptors(io: Io, spec: string): Promise<void> {
  const folder = await resolveModel(spec);
  if (!existsSync(join(folder, "task.json"))) return;
  io.stderr.write(
    `${folder}: the text model alone is written; what reads and gives pictures, sound and motion ` +
      "(task.json) is not, `onefold export --format safetensors` keeps it\n",
  );
}
