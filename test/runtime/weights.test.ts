import { describe, expect, test } from "vitest";
import { fromValues, toValues, zeros } from "../../src/graph/ndarray.ts";
import { createSession } from "../../src/runtime/index.ts";
import { port, programOf } from "./onnx-model.ts";
import { linear } from "./programs.ts";

const x = fromValues("f32", [1, 64], Array(64).fill(1));

/** 64 x 64 x 4 bytes: large enough not to be shown to the optimiser. */
const large = () => ({ ...zeros("f32", [64, 64]), data: new Float32Array(4096).fill(1) });

describe("weights", () => {
  test("are used in place where kernels do not pack them", async () => {
    const w = large();
    using session = await createSession(linear(64, 64), { weights: () => w, prepack: false });
    expect((await session.run({ x })).y.data[0]).toBe(64);
    w.data.fill(2);
    expect((await session.run({ x })).y.data[0]).toBe(128);
  });

  test("are packed once at creation otherwise", async () => {
    const w = large();
    using session = await createSession(linear(64, 64), { weights: () => w });
    w.data.fill(2);
    expect((await session.run({ x })).y.data[0]).toBe(64);
  });

  test("fold into constants where the graph asks for it", async () => {
    // A large constant transpose: the optimiser wants bytes that were not shown to it at first.
    const program = programOf({
      nodes: [
        { op: "Transpose", inputs: ["w"], outputs: ["wt"], attributes: { perm: [1, 0] } },
        { op: "MatMul", inputs: ["x", "wt"], outputs: ["y"] },
      ],
      inputs: [port("x", "f32", [1, 64])],
      outputs: [port("y", "f32", [1, 32])],
      weights: [port("w", "f32", [32, 64])],
    });
    const w = fromValues(
      "f32",
      [32, 64],
      Array.from({ length: 2048 }, (_, i) => i >> 6),
    );
    using session = await createSession(program, { weights: () => w });
    const rows = Array.from({ length: 32 }, (_, row) => 64 * row);
    expect(toValues((await session.run({ x })).y)).toEqual(rows);
  });

  test("are asked for by port, and may be shared by sessions", async () => {
    const w = large();
    const asked: string[] = [];
    const weights = ({ name }: { name: string }) => {
      asked.push(name);
      return w;
    };
    using one = await createSession(linear(64, 64), { weights, prepack: false });
    using two = await createSession(linear(64, 64), { weights, prepack: false });
    expect(asked).toEqual(["w", "w"]);
    w.data.fill(3);
    const results = await Promise.all([one.run({ x }), two.run({ x })]);
    expect(results.map(({ y }) => y.data[63])).toEqual([192, 192]);
  });

  test("stay alive as long as the session does", async () => {
    using session = await createSession(linear(64, 64), { weights: large, prepack: false });
    for (let i = 0; i < 20; i++) {
      // Garbage of the same size would reuse memory that was freed too early.
      Array.from({ length: 500 }, () => new Float32Array(4096).fill(9));
      expect((await session.run({ x })).y.data[0]).toBe(64);
    }
  });

  test("that do not fit are told by name", async () => {
    const program = linear(64, 64);
    await expect(createSession(program)).rejects.toThrow('the program has 1 weights ("w", ...)');
    await expect(createSession(program, { weights: () => zeros("f32", [64, 63]) })).rejects.toThrow(
      'weight "w" has shape [64, 63], expected [64, 64]',
    );
    await expect(
      createSession(program, { weights: () => zeros("bf16", [64, 64]) }),
    ).rejects.toThrow('weight "w" is bf16 [64, 64], expected f32 [64, 64]');
  });
});
