import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  concat,
  dim,
  dimMul,
  type GatedDeltaOptions,
  gatedDelta,
  input,
  l2Norm,
  mul,
  neg,
  reshape,
  type Shape,
  sigmoid,
  slice,
  square,
  type Tensor,
} from "../../src/graph/index.ts";
import { checkCases } from "./fixture-cases.ts";
import {
  checkFused,
  checkGradients,
  evaluate,
  expectClose,
  randomArray,
  seeds,
} from "./support.ts";

/** The rule on normalised keys, decays below 1 and rates in (0, 1), from free numbers. */
function build([q, k, v, g, beta, state]: Tensor[], options: GatedDeltaOptions = {}) {
  const [query, key] = [l2Norm(q), l2Norm(k)];
  return gatedDelta(query, key, v, neg(square(g)), sigmoid(beta), { ...options, state });
}

const both = ({ output, state }: { output: Tensor; state: Tensor }): Tensor =>
  concat([reshape(output, [-1]), reshape(state, [-1])], 0);

const values = (seq: number, seed: number, [keyHeads, heads]: readonly number[] = [1, 2]) => {
  const shapes = [
    [2, seq, keyHeads, 3],
    [2, seq, keyHeads, 3],
    [2, seq, heads, 2],
    [2, seq, heads],
    [2, seq, heads],
    [2, heads, 3, 2],
  ];
  return shapes.map((shape, i) => randomArray("f64", shape, seed + i));
};

const shapes = (seq: Shape[number], batch: Shape[number] = 2): Shape[] => [
  [batch, seq, 1, 3],
  [batch, seq, 1, 3],
  [batch, seq, 2, 2],
  [batch, seq, 2],
  [batch, seq, 2],
  [batch, 2, 3, 2],
];

describe("gatedDelta", () => {
  it("gives the values of transformers' recurrent and chunked rules", async () => {
    const traced = ([q, k, v, g, beta, state]: Tensor[]) => {
      const result = gatedDelta(q, k, v, g, beta, { state });
      return [result.output, result.state];
    };
    await checkCases("gated-delta", "gatedDelta", traced, { rtol: 1e-4, atol: 1e-5 });
  });

  it("has the gradients of central differences, chunks and heads alike", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 6 }),
        fc.constantFrom(1, 2, 4),
        fc.constantFrom([1, 2], [2, 2]),
        seeds,
        (seq, chunk, heads, seed) =>
          checkGradients((inputs) => both(build(inputs, { chunk })), values(seq, seed, heads)),
      ),
      { numRuns: 5 },
    );
  });

  it("takes symbolic lengths: token by token, or in chunks where they divide", async () => {
    const points = values(4, 3);
    const exact = { rtol: 1e-10, atol: 1e-12 };
    const traced = (lengths: Shape[], chunk: number) => {
      const inputs = lengths.map((shape, i) => input(`x${i}`, "f64", shape));
      return both(build(inputs, { chunk }));
    };
    const feeds = Object.fromEntries(points.map((v, i) => [`x${i}`, v]));
    const { y: expected } = await evaluate(traced(shapes(4), 4), feeds);
    const { y: tokens } = await evaluate(traced(shapes(dim("seq")), 4), feeds);
    expectClose(tokens, expected, exact);
    const whole = traced(shapes(4), 2);
    expectClose((await evaluate(whole, feeds)).y, expected, exact);
    await checkGradients((inputs) => build(inputs).output, points, {
      shapes: shapes(dim("seq"), dim("batch")),
    });
    const n = dim("n");
    const even = input("n", "f64", [n, 2]);
    const flat = ["q", "k"].map((name) => input(name, "f64", [n, 2, 1, 3]));
    const [q, k] = flat.map((t) => reshape(t, [1, dimMul(n, 2), 1, 3]));
    const rates = reshape(mul(even, 0.1), [1, dimMul(n, 2), 1]);
    const byChunk = gatedDelta(q, k, q, neg(square(rates)), rates, { chunk: 2 }).output;
    const fed = {
      n: randomArray("f64", [3, 2], 1),
      q: randomArray("f64", [3, 2, 1, 3], 2, -0.5, 0.5),
      k: randomArray("f64", [3, 2, 1, 3], 3, -0.5, 0.5),
    };
    const inChunks = await evaluate(byChunk, fed);
    const fixed = ["q", "k"].map((name) => input(name, "f64", [3, 2, 1, 3]));
    const [q6, k6] = fixed.map((t) => reshape(t, [1, 6, 1, 3]));
    const rates6 = reshape(mul(input("n", "f64", [3, 2]), 0.1), [1, 6, 1]);
    const direct = gatedDelta(q6, k6, q6, neg(square(rates6)), rates6, { chunk: 8 }).output;
    expectClose(inChunks.y, (await evaluate(direct, fed)).y, exact);
  });

  it("fuses, with symbolic dimensions", async () => {
    const traced = (inputs: Tensor[]) => ({ ...build(inputs) });
    await checkFused(traced, values(5, 1), { shapes: shapes(dim("seq"), dim("batch")) });
    await checkFused(traced, values(70, 2), { rtol: 1e-4 });
  });

  it("stays exact where keys repeat", async () => {
    // 64 equal keys at rate 1: powers of the system reach C(63, 31) = 9e17, the result stays 1.
    const ones = (shape: number[]) => randomArray("f32", shape, 1, 1, 1);
    const [k, v] = [ones([1, 64, 1, 1]), randomArray("f32", [1, 64, 1, 1], 2)];
    const feeds = { k, v, beta: ones([1, 64, 1]) };
    const inputs = {
      k: input("k", "f32", k.shape),
      v: input("v", "f32", v.shape),
      beta: input("beta", "f32", [1, 64, 1]),
    };
    const g = mul(inputs.beta, 0);
    const { output } = gatedDelta(inputs.k, inputs.k, inputs.v, g, inputs.beta, { scale: 1 });
    // A rate of 1 replaces what the key recalls: the output is the value itself.
    expectClose((await evaluate(output, feeds, { fuse: false })).y, v, { rtol: 1e-4, atol: 1e-5 });
  });

  it("continues a sequence from its state", async () => {
    const points = values(7, 4);
    const inputs = points.map((v, i) => input(`x${i}`, "f64", v.shape));
    const feeds = Object.fromEntries(points.map((v, i) => [`x${i}`, v]));
    const cut = (from: number, to: number) => inputs.slice(0, 5).map((x) => slice(x, 1, from, to));
    const whole = build(inputs);
    const first = build([...cut(0, 3), inputs[5]]);
    const second = build([...cut(3, 7), first.state]);
    const found = await evaluate(
      {
        whole: whole.output,
        end: whole.state,
        parts: concat([first.output, second.output], 1),
        after: second.state,
      },
      feeds,
    );
    expectClose(found.parts, found.whole, { rtol: 1e-10 });
    expectClose(found.after, found.end, { rtol: 1e-10 });
  });

  it("says what does not fit", () => {
    const t = (shape: number[]) => input("x", "f32", shape);
    const [q, v, g] = [t([1, 4, 2, 8]), t([1, 4, 4, 8]), t([1, 4, 4])];
    expect(() => gatedDelta(q, q, t([1, 4, 3, 8]), g, g)).toThrow("operands do not fit");
    expect(() => gatedDelta(q, q, v, g, g, { state: v })).toThrow("the state is not [1, 4, 8, 8]");
    expect(() => gatedDelta(q, q, v, g, g, { chunk: 48 })).toThrow("48 is not a power of two");
  });
});
