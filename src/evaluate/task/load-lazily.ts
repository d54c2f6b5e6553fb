/** Task files, with the packages that read them loaded only when one is. */

import type { loadTask as load } from "./load-task.ts";

/** See `loadTask` in load-task.ts. */
export const loadTask: typeof load = async (...given) =>
  (await import("./load-task.ts")).loadTask(...given);
