/** One worker of workers.test.ts: runs sessions and reports sums. */

import { parentPort, workerData } from "node:worker_threads";
import { fromValues, zeros } from "../../src/graph/ndarray.ts";
import { createSession } from "../../src/runtime/index.ts";
import { linear } from "./programs.ts";

const { seed, rounds } = workerData as { seed: number; rounds: number };
const weight = { ...zeros("f32", [64, 64]), data: new Float32Array(4096).fill(seed) };
const x = fromValues("f32", [1, 64], Array(64).fill(1));
const sums: number[] = [];
for (let i = 0; i < rounds; i++) {
  using session = await createSession(linear(64, 64), {
    weights: () => weight,
    ...(i % 2 && { threads: 2 }),
  });
  const results = await Promise.all([session.run({ x }), session.run({ x })]);
  for (const { y } of results) sums.push(Number(y.data[i]));
}
// One session is left open: the end of the worker must not take the engine down.
const open = await createSession(linear(64, 64), { weights: () => weight });
sums.push(Number(open.runSync({ x }).y.data[0]));
parentPort?.postMessage(sums);
