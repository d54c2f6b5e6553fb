/** A process of telemetry.test.ts: starts the engine on this thread, or first on a worker. */

import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { createSession } from "../../src/runtime/index.ts";
import { doubled } from "./programs.ts";

if (process.argv[2] === "worker") {
  const workerData = { seed: 1, rounds: 1 };
  const worker = new Worker(new URL("worker.mjs", import.meta.url), { workerData });
  await once(worker, "exit");
} else {
  using session = await createSession(doubled());
  console.log(session.inputs.length);
}
