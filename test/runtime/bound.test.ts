import { describe, expect, test } from "vitest";
import { fromValues, ndarray, toValues, zeros } from "../../src/graph/ndarray.ts";
import { dim } from "../../src/graph/shape.ts";
import { createSession } from "../../src/runtime/index.ts";
import { collectGarbage } from "./garbage.ts";
import { port, programOf } from "./onnx-model.ts";
import { attentionStep, doubled } from "./programs.ts";

describe("bound runs", () => {
  test("read and write the same memory again and again", async () => {
    using session = await createSession(doubled());
    const [x, y] = [fromValues("f32", [1, 2], [1, 2]), zeros("f32", [1, 2])];
    using bound = session.bind({ inputs: { x }, outputs: { y } });
    await bound.run();
    expect(toValues(y)).toEqual([2, 4]);
    x.data[0] = 5;
    bound.runSync();
    expect(toValues(y)).toEqual([10, 4]);
  });

  test("update state in place", async () => {
    // Optimiser-like: one array is input and output.
    const program = programOf({
      nodes: [{ op: "Add", inputs: ["state", "step"], outputs: ["next"] }],
      inputs: [port("state", "f32", [4]), port("step", "f32", [4])],
      outputs: [port("next", "f32", [4])],
    });
    using session = await createSession(program);
    const state = zeros("f32", [4]);
    const step = fromValues("f32", [4], [1, 2, 3, 4]);
    using bound = session.bind({ inputs: { state, step }, outputs: { next: state } });
    for (let i = 0; i < 10; i++) await bound.run();
    expect(toValues(state)).toEqual([10, 20, 30, 40]);
  });

  test("fill a cache slot by slot", async () => {
    const [heads, width, capacity] = [2, 8, 32];
    using session = await createSession(attentionStep(heads, width, capacity));
    const cache = zeros("f32", [1, heads, capacity, width]);
    const values = zeros("f32", [1, heads, capacity, width]);
    const row = [1, 1, heads * width];
    const [q, k, out] = [zeros("f32", row), zeros("f32", row), zeros("f32", row)];
    const [seqlens, total] = [zeros("i32", [1]), zeros("i32", [])];
    using bound = session.bind({
      inputs: { q, k, v: k, past_k: cache, past_v: values, seqlens, total },
      outputs: { out, present_k: cache, present_v: values },
    });
    for (let t = 0; t < capacity; t++) {
      k.data.fill(t as never);
      seqlens.data[0] = t;
      total.data[0] = t + 1;
      await bound.run();
      expect(Number(out.data[0])).toBeCloseTo(t / 2, 4); // the mean of 0..t
    }
    const slots = Array.from({ length: capacity }, (_, t) => cache.data[t * width]);
    expect(slots).toEqual(slots.map((_, t) => t));
  });

  test("take views of other shapes over the same memory", async () => {
    using session = await createSession(doubled());
    const [x, y] = [new Float32Array(100).fill(1), new Float32Array(100)];
    const view = (data: Float32Array, n: number) => ndarray("f32", [n, 2], data.subarray(0, 2 * n));
    using bound = session.bind({ inputs: { x: view(x, 50) }, outputs: { y: view(y, 50) } });
    for (const n of [3, 50, 1]) {
      y.fill(0);
      bound.rebind("x", view(x, n));
      bound.rebind("y", view(y, n));
      await bound.run();
      expect(y.reduce((a, b) => a + b)).toBe(4 * n);
    }
    bound.rebind("x", view(x, 2));
    await expect(bound.run()).rejects.toThrow(
      'output "y" has shape [1, 2], expected [rows, 2], where rows = 2',
    );
    bound.rebind("y", view(y, 2));
    await bound.run();
    expect(() => bound.rebind("q", view(x, 2))).toThrow(
      'rebind: "q" is not bound; bound are: x, y',
    );
    expect(() => bound.rebind("x", zeros("i32", [1, 2]))).toThrow('input "x" is i32 [1, 2]');
  });

  test("refuse a second run before the first is done", async () => {
    using session = await createSession(doubled());
    const [x, y] = [zeros("f32", [1, 2]), zeros("f32", [1, 2])];
    using bound = session.bind({ inputs: { x }, outputs: { y } });
    const first = bound.run();
    await expect(bound.run()).rejects.toThrow("already running");
    expect(() => bound.rebind("x", x)).toThrow("already running");
    await first;
    await bound.run();
  });

  test("keep their session from being collected", async () => {
    const program = programOf({
      nodes: [{ op: "Neg", inputs: ["x"], outputs: ["y"] }],
      inputs: [port("x", "f32", [dim("n")])],
      outputs: [port("y", "f32", [dim("n")])],
    });
    const arrays = { inputs: { x: zeros("f32", [64]) }, outputs: { y: zeros("f32", [64]) } };
    const bound = (await createSession(program)).bind(arrays);
    for (let i = 0; i < 3; i++) {
      collectGarbage();
      await new Promise((resolve) => setTimeout(resolve, 5)); // finalisers run as tasks
      await bound.run();
    }
    bound.dispose();
  });
});
