/** The small text model that recipes start from or ask. */

import { join } from "node:path";
import { packageRoot } from "../../src/cli/package-root.ts";

/** Folder of onefold-mini. */
export const MINI = join(packageRoot(), "models", "onefold-mini");
