import { afterEach, expect, test, vi } from "vitest";
import { createPool, type Pooled, type PoolOptions } from "../../../src/generate/index.ts";

afterEach(() => vi.useRealTimers());

interface Box extends Pooled {
  readonly name: string;
}

/** A pool of boxes of 10 bytes (`big`: 25), and what happened to them. */
function boxes(options: Partial<PoolOptions<Box>> = {}) {
  const log: string[] = [];
  const pool = createPool<Box>({
    async load(name) {
      log.push(`+${name}`);
      await Promise.resolve();
      if (name === "broken") throw new Error("no such box");
      const bytes = name === "big" ? 25 : 10;
      return { name, bytes, [Symbol.dispose]: () => void log.push(`-${name}`) };
    },
    ...options,
  });
  return { pool, log };
}

test("loads once for all who ask, and keeps it", async () => {
  const { pool, log } = boxes();
  const leases = await Promise.all([pool.acquire("a"), pool.acquire("a"), pool.acquire("b")]);
  for (const lease of leases) lease[Symbol.dispose]();
  using again = await pool.acquire("a");
  expect(again.value.name).toBe("a");
  expect(log).toEqual(["+a", "+b"]);
  expect([pool.loaded, pool.bytes]).toEqual([["b", "a"], 20]);
});

test("the least recently used makes room, what is in use stays", async () => {
  const { pool, log } = boxes({ memory: 30 });
  for (const name of ["a", "b", "c", "a"]) (await pool.acquire(name))[Symbol.dispose]();
  using held = await pool.acquire("c");
  (await pool.acquire("d"))[Symbol.dispose]();
  expect(log).toEqual(["+a", "+b", "+c", "+d", "-b"]);
  await expect(pool.acquire("big")).rejects.toThrow(
    "big needs 1 MB beside 1 MB of models in use, but 1 MB are allowed",
  );
  expect(pool.loaded).toEqual([held.value.name]);
});

test("with an estimate, room is made before loading", async () => {
  const { pool, log } = boxes({ memory: 30, estimate: (name) => (name === "big" ? 25 : 10) });
  for (const name of ["a", "b"]) (await pool.acquire(name))[Symbol.dispose]();
  (await pool.acquire("big"))[Symbol.dispose]();
  expect(log).toEqual(["+a", "+b", "-a", "-b", "+big"]);
  const { pool: small, log: untouched } = boxes({ memory: 20, estimate: () => 25 });
  await expect(small.acquire("big")).rejects.toThrow("are allowed");
  expect(untouched).toEqual([]);
});

test("unloads what is idle, counted from the last use", async () => {
  vi.useFakeTimers();
  const { pool, log } = boxes({ idle: 1000 });
  const first = await pool.acquire("a");
  const second = await pool.acquire("a");
  first[Symbol.dispose]();
  first[Symbol.dispose](); // counts once
  vi.advanceTimersByTime(5000);
  expect(pool.loaded).toEqual(["a"]);
  second[Symbol.dispose]();
  vi.advanceTimersByTime(900);
  (await pool.acquire("a"))[Symbol.dispose]();
  vi.advanceTimersByTime(900);
  expect(log).toEqual(["+a"]);
  vi.advanceTimersByTime(200);
  expect(log).toEqual(["+a", "-a"]);
});

test("a failed loading is told to all who wait, and tried again by the next", async () => {
  const { pool, log } = boxes();
  const both = await Promise.allSettled([pool.acquire("broken"), pool.acquire("broken")]);
  for (const result of both) expect(result.status).toBe("rejected");
  await expect(pool.acquire("broken")).rejects.toThrow("no such box");
  expect(log).toEqual(["+broken", "+broken"]);
  (await pool.acquire("a"))[Symbol.dispose]();
  await pool[Symbol.asyncDispose]();
  expect(log.at(-1)).toBe("-a");
  await expect(pool.acquire("a")).rejects.toThrow("was closed");
});
