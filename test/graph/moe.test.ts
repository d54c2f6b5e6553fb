import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  dim,
  fromValues,
  grad,
  groupedMatmul,
  input,
  type MoeOptions,
  moe,
  reshape,
  stack,
  sum,
  type Tensor,
  toValues,
} from "../../src/graph/index.ts";
import { checkCases } from "./fixture-cases.ts";
import {
  checkFused,
  checkGradients,
  distinctArray,
  evaluate,
  expectClose,
  randomArray,
  seeds,
} from "./support.ts";

const traced = ([x, logits, gate, up, down]: Tensor[], options: MoeOptions) =>
  moe(x, logits, { gate, up, down }, options);

/** Row i of gate, then row i of up. */
const interleave = (gate: Tensor, up: Tensor): Tensor =>
  reshape(stack([gate, up], 2), [gate.shape[0], -1, gate.shape[2]]);

const values = (tokens: number, experts: number, seed: number) => [
  randomArray("f64", [tokens, 3], seed),
  // Far enough apart that a step of the differences does not change the choice.
  distinctArray("f64", [tokens, experts], seed + 1, 0.07),
  randomArray("f64", [experts, 2, 3], seed + 2),
  randomArray("f64", [experts, 2, 3], seed + 3),
  randomArray("f64", [experts, 3, 2], seed + 4),
];

describe("moe", () => {
  it("gives the values of transformers' Qwen3MoeSparseMoeBlock", async () => {
    const tolerance = { rtol: 1e-4, atol: 1e-5 };
    const options = (o: object) => o as MoeOptions;
    await checkCases("moe", "moe", (inputs, o) => [traced(inputs, options(o))], tolerance);
    const joined = ([x, logits, gate, up, down]: Tensor[], o: object) => [
      moe(x, logits, { gateUp: interleave(gate, up), down }, options(o)),
    ];
    await checkCases("moe", "moe", joined, tolerance);
  });

  it("has the gradients of central differences", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 4 }),
        fc.boolean(),
        fc.nat(3),
        seeds,
        (tokens, experts, normalise, k, seed) => {
          const options = { topK: 1 + (k % experts), normalise };
          return checkGradients((inputs) => traced(inputs, options), values(tokens, experts, seed));
        },
      ),
      { numRuns: 8 },
    );
    const joined = ([x, logits, gate, up, down]: Tensor[]) =>
      moe(x, logits, { gateUp: interleave(gate, up), down }, { topK: 2, normalise: true });
    await checkGradients(joined, values(3, 4, 1));
  });

  it("fuses, with symbolic dimensions", async () => {
    const shapes = [
      [dim("t"), 3],
      [dim("t"), 4],
      [4, 2, 3],
      [4, 2, 3],
      [4, 3, 2],
    ];
    for (const normalise of [false, true]) {
      const build = (inputs: Tensor[]) => traced(inputs, { topK: 2, normalise });
      await checkFused(build, values(5, 4, 2), { shapes });
    }
  });

  it("differentiates with respect to weights that enter as parameters of a batch", async () => {
    const shapes = [
      [dim("b"), dim("s"), 3],
      [dim("b"), dim("s"), 4],
      [4, 2, 3],
      [4, 2, 3],
      [4, 3, 2],
    ];
    const points = values(6, 4, 3);
    const feeds = Object.fromEntries(
      points.map((v, i) => [
        `x${i}`,
        fromValues("f32", i < 2 ? [2, 3, v.shape[1]] : v.shape, toValues(v)),
      ]),
    );
    const inputs = shapes.map((shape, i) => input(`x${i}`, "f32", shape));
    const y = traced(inputs, { topK: 1 });
    const grads = grad(sum(y), inputs);
    const found = await evaluate(
      { y, ...Object.fromEntries(grads.map((g, i) => [`g${i}`, g])) },
      feeds,
    );
    grads.forEach((_, i) => {
      expect(found[`g${i}`].shape).toEqual(feeds[`x${i}`].shape);
      expect(toValues(found[`g${i}`]).every(Number.isFinite)).toBe(true);
    });
  });

  it("says what does not fit", () => {
    const t = (shape: number[]) => input("x", "f32", shape);
    const [x, logits, w, down] = [t([5, 3]), t([5, 4]), t([4, 2, 3]), t([4, 3, 2])];
    const good = { gate: w, up: w, down };
    expect(() => moe(x, logits, { ...good, up: down }, { topK: 2 })).toThrow(
      "moe: operand 3 is not f32 [4, 2, 3]: x f32 [4, 3, 2]",
    );
    expect(() => moe(x, logits, good, { topK: 5 })).toThrow("cannot choose 5 of the experts");
    expect(() => moe(x, logits, { gateUp: w, down }, { topK: 2 })).toThrow(
      "operand 2 is not f32 [4, 4, 3]",
    );
  });
});

describe("groupedMatmul", () => {
  it("gives each group its matrix, also where groups are empty", async () => {
    const x = input("x", "f64", [dim("n"), 2]);
    const w = input("w", "f64", [3, 2, 2]);
    const counts = input("counts", "i64", [3]);
    const found = await evaluate(groupedMatmul(x, w, counts), {
      x: fromValues("f64", [3, 2], [1, 2, 3, 4, 5, 6]),
      w: fromValues("f64", [3, 2, 2], [1, 0, 0, 1, 9, 9, 9, 9, 2, 1, 0, 1]),
      counts: fromValues("i64", [3], [2, 0, 1]),
    });
    expectClose(found.y, fromValues("f64", [3, 2], [1, 2, 3, 4, 10, 11]));
  });

  it("has gradients of both orders", async () => {
    const counts = fromValues("i64", [3], [2, 0, 3]);
    const points = [randomArray("f64", [5, 2], 1), randomArray("f64", [3, 2, 4], 2), counts];
    await checkGradients(([x, w, n]) => groupedMatmul(x, w, n), points);
    const slope = ([x, w, n]: Tensor[], which: number) => {
      const y = groupedMatmul(x, w, n);
      return grad(sum(groupedMatmul(y, w, n, true)), [x, w])[which];
    };
    await checkGradients((inputs) => slope(inputs, 0), points, { wrt: [1] });
    await checkGradients((inputs) => slope(inputs, 1), points, { wrt: [0, 1] });
  });

  it("says what does not fit", () => {
    const t = (shape: number[], dtype: "f32" | "i64" = "f32") => input("x", dtype, shape);
    const counts = t([3], "i64");
    expect(() => groupedMatmul(t([5, 2]), t([3, 3, 4]), counts)).toThrow("do not fit");
    expect(() => groupedMatmul(t([5, 2]), t([3, 2, 4]), t([3]))).toThrow("counts are not i64");
  });
});
