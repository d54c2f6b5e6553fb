import { describe, expect, it } from "vitest";
import * as g from "../../src/graph/index.ts";
import {
  dim,
  fromValues,
  input,
  lower,
  parameter,
  type Tensor,
  toValues,
} from "../../src/graph/index.ts";
import { evaluate, evaluateOne, expectClose, randomArray } from "./support.ts";

const mlp = () => {
  const x = input("x", "f32", [dim("batch"), 4]);
  const w = parameter("w", "f32", [3, 4]);
  const y = g.silu(g.matmul(x, w, { transposeB: true }));
  return { x, w, y, gradient: g.grad(g.mean(y), [w])[0] };
};

describe("lowering", () => {
  it("gives the same bytes and hash for the same trace", () => {
    const [first, second] = [mlp(), mlp()].map(({ x, y, gradient }) =>
      lower({ inputs: [x], outputs: { y, gradient } }),
    );
    expect(second.hash).toBe(first.hash);
    expect(second.model).toEqual(first.model);
    const { x, y } = mlp();
    const other = lower({ inputs: [x], outputs: { y: g.mul(y, 2) } });
    expect(other.hash).not.toBe(first.hash);
  });

  it("hands weights out by name, or takes them as inputs", async () => {
    const [x, w] = [randomArray("f32", [2, 4], 1), randomArray("f32", [3, 4], 2)];
    const a = mlp();
    const program = lower({ inputs: [a.x], outputs: { y: a.y } });
    expect(program.weights.map((port) => port.name)).toEqual(["w"]);
    const { y } = await evaluate({ y: a.y }, { x }, { parameters: { w } });

    const { createSession } = await import("../../src/runtime/index.ts");
    const asInputs = lower({ inputs: [a.x], outputs: { y: a.y }, parameters: "input" });
    expect(asInputs.inputs.map((port) => port.name)).toEqual(["x", "w"]);
    using session = await createSession(asInputs, { threads: 1 });
    expectClose((await session.run({ x, w })).y, y);
  });

  it("multiplies large weights from the left, transposing where an MLP begins and ends", async () => {
    const [rows, seq] = [dim("rows"), dim("seq")];
    const x = input("x", "f32", [rows, seq, 6]);
    const weight = (name: string, outputs: number, inputs: number) =>
      parameter(name, "f32", [outputs, inputs]);
    const product = (a: Tensor, w: Tensor) => g.matmul(a, w, { transposeB: true });
    const gated = product(x, weight("gate", 10, 6));
    const inner = g.mul(g.silu(gated), product(x, weight("up", 10, 6)));
    const y = g.add(x, product(inner, weight("down", 6, 10)));
    const last = product(g.squeeze(g.slice(y, 1, -1), [1]), weight("head", 12, 6));
    const small = product(x, weight("narrow", 2, 6));
    const outputs = { y, last, small };
    const types = (from: Record<string, Tensor>) =>
      [...lower({ inputs: [x], outputs: from, columnsFrom: 60 }).provenance.keys()].map((name) =>
        name.replace(/_.*/, ""),
      );
    const count = (names: string[], type: string) => names.filter((name) => name === type).length;
    expect([count(types({ y }), "Transpose"), count(types({ y }), "rows")]).toEqual([1, 1]);
    expect([count(types({ y, gated }), "Transpose"), count(types({ y, gated }), "rows")]).toEqual([
      1, 2,
    ]);
    expect(count(types(outputs), "FusedMatMul")).toBe(1);
    // The engine's plan takes quadratic time over values whose shape it is not told.
    const { model } = lower({ inputs: [x], outputs, columnsFrom: 60 });
    expect(Buffer.from(model).includes("rows*seq")).toBe(true);

    const { createSession } = await import("../../src/runtime/index.ts");
    const fill = ({ name, shape }: { name: string; shape: g.Shape }) =>
      randomArray("f32", shape as number[], name.length);
    const run = async (columnsFrom: number | undefined, size: readonly [number, number]) => {
      const program = lower({ inputs: [x], outputs: { ...outputs, gated }, columnsFrom });
      using session = await createSession(program, { threads: 1, weights: fill });
      return session.run({ x: randomArray("f32", [...size, 6], 7) });
    };
    for (const size of [
      [1, 1],
      [1, 5],
      [3, 1],
      [2, 4],
    ] as const) {
      const [expected, found] = [await run(undefined, size), await run(60, size)];
      for (const name of ["y", "last", "small", "gated"]) {
        expectClose(found[name], expected[name], { rtol: 1e-5, atol: 1e-6 });
      }
    }
  });

  it("puts no reshape between kernels with flat heads, and one where a value is read split", async () => {
    const seq = dim("seq");
    const x = input("x", "f32", [1, seq, 16]);
    const angles = input("angles", "f32", [1, seq, 4]);
    const split = g.reshape(x, [1, seq, 2, 8]);
    const turned = g.rotary(split, g.cos(angles), g.sin(angles));
    const y = g.reshape(g.attention(turned, turned, split).output, [1, seq, 16]);
    const reshapes = (outputs: Record<string, Tensor>): number =>
      [...lower({ inputs: [x, angles], outputs }).provenance.keys()].filter((name) =>
        /^(heads|Reshape)_/.test(name),
      ).length;
    expect(reshapes({ y })).toBe(0);
    expect(reshapes({ y, turned })).toBe(1);
    const arrays = {
      x: randomArray("f32", [1, 3, 16], 1),
      angles: randomArray("f32", [1, 3, 4], 2),
    };
    const found = await evaluate({ y, turned }, arrays);
    const expected = await evaluate({ y, turned }, arrays, { fuse: false });
    expectClose(found.y, expected.y);
    expectClose(found.turned, expected.turned);
  });

  it("accepts inputs that nothing reads", async () => {
    const { createSession } = await import("../../src/runtime/index.ts");
    const [x, unused] = [input("x", "f32", [2]), input("unused", "i64", [dim("n")])];
    const n = g.dimSize([dim("n")], "f32");
    using session = await createSession(
      lower({ inputs: [x, unused], outputs: { y: g.mul(x, n) } }),
      { threads: 1 },
    );
    const feeds = {
      x: fromValues("f32", [2], [1, 2]),
      unused: fromValues("i64", [3], [0, 0, 0]),
    };
    expect(toValues(session.runSync(feeds).y)).toEqual([3, 6]);
  });

  it("an output may be an input, a parameter or another output", async () => {
    const x = input("x", "f32", [2]);
    const w = parameter("w", "f32", [2]);
    const [value, weight] = [fromValues("f32", [2], [1, 2]), fromValues("f32", [2], [3, 4])];
    const r = await evaluate({ a: x, b: w, c: x }, { x: value }, { parameters: { w: weight } });
    expect([r.a, r.b, r.c].map(toValues)).toEqual([
      [1, 2],
      [3, 4],
      [1, 2],
    ]);
  });

  it("keeps dimensions symbolic: one program for every size", async () => {
    const { createSession } = await import("../../src/runtime/index.ts");
    const x = input("x", "f32", [dim("batch"), dim("seq")]);
    const flat = g.reshape(x, [-1]);
    const y = g.concat([flat, g.full([dim("seq")], 7)], 0);
    expect(`${y.shape}`).toBe("batch*seq + seq");
    using session = await createSession(lower({ inputs: [x], outputs: { y } }), { threads: 1 });
    for (const [batch, seq] of [
      [1, 2],
      [3, 1],
      [2, 4],
    ]) {
      const result = session.runSync({ x: randomArray("f32", [batch, seq], 1) }).y;
      expect(result.shape).toEqual([batch * seq + seq]);
      expect(toValues(result).slice(-seq)).toEqual(new Array(seq).fill(7));
    }
  });

  it("says which dimension no input determines", () => {
    const x = input("x", "f32", [g.dimMul(dim("n"), 2)]);
    const y = g.mul(x, g.dimSize([dim("n")], "f32"));
    expect(() => lower({ inputs: [x], outputs: { y } })).toThrow(
      'dimension n needs "n", which is no input\'s dimension; list an input whose shape has it',
    );
  });

  it("refuses outputs of unlisted inputs, doubled names and inner tensors as inputs", () => {
    const x = input("x", "f32", [2]);
    const y = g.mul(x, 2);
    expect(() => lower({ inputs: [], outputs: { y } })).toThrow("x f32 [2] is used but not listed");
    const twice = [x, input("x", "f32", [2])];
    expect(() => lower({ inputs: twice, outputs: { y } })).toThrow('two inputs are named "x"');
    expect(() => lower({ inputs: [x, y], outputs: { y } })).toThrow("is not an input");
    expect(() => lower({ inputs: [x], outputs: { x: y } })).toThrow('output "x" has the name of');
  });

  it("shares equal constants and keeps every bit of large integers", async () => {
    const big = g.constant(g.ndarray("i64", [1], new BigInt64Array([2n ** 62n + 1n])));
    const { data } = await evaluateOne(big);
    expect((data as BigInt64Array)[0]).toBe(2n ** 62n + 1n);
    const x = input("x", "f32", [1]);
    const values = [0, -0, Number.NaN, Number.POSITIVE_INFINITY];
    const y = g.concat(
      values.map((v) => g.add(g.mul(x, 0), g.vector([v]))),
      0,
    );
    const z = g.reciprocal(g.vector([-0]));
    const r = await evaluate({ y, z }, { x: fromValues("f32", [1], [1]) });
    expect(toValues(r.y).slice(2)).toEqual([Number.NaN, Number.POSITIVE_INFINITY]);
    expect(toValues(r.z)).toEqual([Number.NEGATIVE_INFINITY]);
  });

  it("lowers graphs tens of thousands of nodes deep", () => {
    let y: Tensor = input("x", "f64", [1]);
    const x = y;
    for (let i = 0; i < 8_000; i++) y = g.sin(y);
    const [dx] = g.grad(g.sum(y), [x]);
    const { provenance } = lower({ inputs: [x], outputs: { y, dx } });
    expect([...provenance.keys()].filter((name) => name.startsWith("Cos_")).length).toBe(8_000);
  });
});

describe("leaves", () => {
  it("full, iota and dimSize of every dtype", async () => {
    const x = input("x", "f32", [dim("n")]);
    const feeds = { x: randomArray("f32", [3], 1) };
    for (const dtype of ["f32", "f64", "i32", "i64"] as const) {
      const outputs = {
        iota: g.iota(dim("n"), dtype),
        fixed: g.iota(3, dtype),
        size: g.dimSize([dim("n"), 2], dtype),
        full: g.full([dim("n")], 5, dtype),
        none: g.full([0, 2], 5, dtype),
        touch: g.mul(x, 0),
      };
      const r = await evaluate(outputs, feeds);
      expect(toValues(r.iota)).toEqual([0, 1, 2]);
      expect(toValues(r.fixed)).toEqual([0, 1, 2]);
      expect(toValues(r.size)).toEqual([6]);
      expect(toValues(r.full)).toEqual([5, 5, 5]);
      expect(r.none.shape).toEqual([0, 2]);
      expect(r.iota.dtype).toBe(dtype);
    }
    for (const dtype of ["f16", "bf16", "u8", "i8", "bool"] as const) {
      expect(toValues(await evaluateOne(g.full([2], 1, dtype)))).toEqual([1, 1]);
    }
  });
});

describe("differentiation", () => {
  it("is zero where the loss does not depend on a tensor", async () => {
    const [x, other] = [input("x", "f32", [2]), input("other", "f32", [3])];
    const [zero] = g.grad(g.sum(x), [other]);
    expect(toValues(await evaluateOne(zero))).toEqual([0, 0, 0]);
  });

  it("stops at stopGradient and at integers", async () => {
    const x = input("x", "f32", [2]);
    const feeds = { x: fromValues("f32", [2], [1.5, 2.5]) };
    const [stopped] = g.grad(g.sum(g.mul(x, g.stopGradient(x))), [x]);
    expect(toValues(await evaluateOne(stopped, feeds))).toEqual([1.5, 2.5]);
    const through = g.cast(g.cast(x, "i64"), "f32");
    const [cut] = g.grad(g.sum(through), [x]);
    expect(toValues(await evaluateOne(cut, feeds))).toEqual([0, 0]);
  });

  it("works by inner tensors and adds up over uses", async () => {
    const x = input("x", "f32", []);
    const y = g.mul(x, x);
    const [dy, dx] = g.grad(g.add(g.mul(y, 3), y), [y, x]);
    const r = await evaluate({ dy, dx }, { x: fromValues("f32", [], [2]) });
    expect([toValues(r.dy), toValues(r.dx)]).toEqual([[4], [16]]);
  });
});
