import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { fromValues, zeros } from "../../src/graph/ndarray.ts";
import { createSession } from "../../src/runtime/index.ts";
import { doubled, linear } from "./programs.ts";

const start = (workerData: { seed: number; rounds: number }) =>
  new Worker(new URL("worker.mjs", import.meta.url), { workerData });

test("several worker threads and this one run sessions at once", async () => {
  const rounds = 20;
  const seeds = [1, 2, 3];
  const workers = seeds.map((seed) => start({ seed, rounds }));
  const sums = Promise.all(workers.map((worker) => once(worker, "message")));
  const exits = Promise.all(workers.map((worker) => once(worker, "exit")));
  const weight = zeros("f32", [64, 64]);
  using session = await createSession(linear(64, 64), { weights: () => weight });
  for (let i = 0; i < 200; i++) await session.run({ x: zeros("f32", [1, 64]) });
  expect(await sums).toEqual(seeds.map((seed) => [Array(2 * rounds + 1).fill(64 * seed)]));
  expect((await exits).flat()).toEqual([0, 0, 0]);
});

test("terminating a worker in the middle of its runs leaves the others unharmed", async () => {
  using session = await createSession(doubled());
  for (let i = 0; i < 3; i++) {
    const worker = start({ seed: 1, rounds: 10_000 });
    await once(worker, "online");
    await new Promise((resolve) => setTimeout(resolve, 600 + 50 * i));
    await worker.terminate();
    const { y } = await session.run({ x: fromValues("f32", [1, 2], [1, 2]) });
    expect([...y.data]).toEqual([2, 4]);
  }
});
