/** What keeps a serving command alive. */

import type { RunningServer } from "../serve/index.ts";
import type { Io } from "./io.ts";

/** Until SIGTERM or Ctrl-C, and until the answers then under way are given. */
export async function untilStopped(io: Io, server: RunningServer): Promise<void> {
  const interrupted = io.interruptible();
  await new Promise<void>((resolve) => {
    const stop = (): void => {
      void server.close().then(resolve);
    };
    interrupted.addEventListener("abort", stop, { once: true });
    process.on("SIGTERM", stop);
  });
}
