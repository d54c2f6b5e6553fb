/** The model that does tasks where a served one takes and gives text alone. */

import { basename } from "node:path";
import type { TaskSource } from "../../serve/index.ts";
import { loadTaskModel } from "../../task/index.ts";
import { generalistFolder } from "../package-root.ts";

export const shippedTasks = (): TaskSource => {
  const folder = generalistFolder();
  return { name: basename(folder), load: () => loadTaskModel(folder) };
};
