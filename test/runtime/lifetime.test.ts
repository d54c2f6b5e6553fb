import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fromValues, zeros } from "../../src/graph/ndarray.ts";
import { createSession } from "../../src/runtime/index.ts";
import { chain, doubled } from "./programs.ts";

const size = 256;
const w = { ...zeros("f32", [size, size]), data: new Float32Array(size * size).fill(1 / size) };
const square = zeros("f32", [size, size]);
const long = () => createSession(chain(1500, size), { weights: () => w });
const after = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe("cancelling", () => {
  test("stops a long run, rejects with the reason and leaves the session usable", async () => {
    using session = await long();
    const controller = new AbortController();
    let settled = false;
    const run = session.run({ x: square }, { signal: controller.signal }).finally(() => {
      settled = true;
    });
    run.catch(() => {});
    await after(20);
    expect(settled).toBe(false);
    const reason = new Error("enough");
    controller.abort(reason);
    await expect(run).rejects.toBe(reason);
    using short = await createSession(doubled());
    await short.run({ x: zeros("f32", [1, 2]) });

    // The same session runs to its end when nobody stops it.
    const { y } = await session.run({ x: w });
    expect(y.data[0]).toBeCloseTo(1 / size, 6);
  });

  test("a bound run", async () => {
    using session = await long();
    using bound = session.bind({
      inputs: { x: square },
      outputs: { y: zeros("f32", [size, size]) },
    });
    const controller = new AbortController();
    const run = bound.run(controller.signal);
    setTimeout(() => controller.abort("stop"), 20);
    await expect(run).rejects.toBe("stop");
    await expect(bound.run(AbortSignal.abort("before"))).rejects.toBe("before");
  });

  test("before the start, of runs and of creation", async () => {
    const signal = AbortSignal.abort(new Error("too late"));
    using session = await createSession(doubled());
    await expect(session.run({ x: zeros("f32", [1, 2]) }, { signal })).rejects.toThrow("too late");
    await expect(createSession(doubled(), { signal })).rejects.toThrow("too late");
  });

  test("a creation under way", async () => {
    const controller = new AbortController();
    const creating = createSession(chain(1500, size), {
      weights: () => w,
      signal: controller.signal,
    });
    setImmediate(() => controller.abort(new Error("changed my mind")));
    await expect(creating).rejects.toThrow("changed my mind");
  });
});

test("the event loop is free during a run", async () => {
  using session = await long();
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  await session.run({ x: square });
  clearInterval(timer);
  expect(ticks).toBeGreaterThan(10);
});

describe("disposal", () => {
  const inputs = { x: fromValues("f32", [1, 2], [1, 2]) };

  test("is final, and harmless when repeated", async () => {
    const session = await createSession(doubled());
    const bound = session.bind({ inputs, outputs: { y: zeros("f32", [1, 2]) } });
    const gone = "this session was disposed; create a new one";
    session.dispose();
    session.dispose();
    await expect(session.run(inputs)).rejects.toThrow(gone);
    expect(() => session.runSync(inputs)).toThrow(gone);
    expect(() => session.bind({ inputs, outputs: {} })).toThrow(gone);
    expect(() => session.endProfiling()).toThrow(gone);
    await expect(bound.run()).rejects.toThrow(gone);
    bound.dispose();
    bound[Symbol.dispose]();
    await expect(bound.run()).rejects.toThrow("this bound run was disposed; bind again");
    expect(() => bound.rebind("x", inputs.x)).toThrow("this bound run was disposed; bind again");
  });

  test("waits for runs under way", async () => {
    const session = await long();
    const bound = session.bind({ inputs: { x: w }, outputs: { y: zeros("f32", [size, size]) } });
    const runs = [session.run({ x: w }), bound.run()] as const;
    session.dispose();
    bound.dispose();
    const [{ y }] = await Promise.all(runs);
    expect(y.data[0]).toBeCloseTo(1 / size, 6);
  });
});

test("profiling writes a trace", async () => {
  const folder = mkdtempSync(join(tmpdir(), "onefold-test-"));
  try {
    using session = await createSession(doubled(), { profile: join(folder, "trace") });
    await session.run({ x: zeros("f32", [1, 2]) });
    const path = session.endProfiling();
    expect(path.startsWith(join(folder, "trace"))).toBe(true);
    expect(existsSync(path)).toBe(true);
    const events: { name: string }[] = JSON.parse(readFileSync(path, "utf8"));
    expect(events.some((event) => event.name.includes("kernel_time"))).toBe(true);
    using plain = await createSession(doubled());
    expect(() => plain.endProfiling()).toThrow("this session does not profile");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
