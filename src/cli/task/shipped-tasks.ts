/** The model that does tasks where a served one takes and gives text alone. */

import { basename } from "node:path";
import type { TaskSource } from "../../serve/index.ts";
import { loadTaskModel } from "../../task/index.ts";
import { defaultModelFolder } from "../package-root.ts";

export const shippedTasks = (): TaskSource => {
  const folder = defaultModelFolder();
  return { name: basename(folder), load: () => loadTaskModel(folder) };
};
