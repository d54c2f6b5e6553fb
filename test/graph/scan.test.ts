import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  add,
  cast,
  dim,
  fromValues,
  full,
  grad,
  input,
  matmul,
  mul,
  neg,
  rmsNorm,
  scan,
  sin,
  slice,
  squeeze,
  sum,
  type Tensor,
  tanh,
  toValues,
} from "../../src/graph/index.ts";
import { checkGradients, evaluate, expectClose, randomArray, seeds, trace } from "./support.ts";

/** A recurrent network that uses its weight from outside: h ← tanh(h w + x), y = h · scale. */
function recurrent([x, h0, w, scale]: Tensor[], reverse = false) {
  return scan(
    ([h], [slice]) => {
      const next = tanh(add(matmul(h, w), slice));
      return { carry: [next], ys: [mul(next, scale)] };
    },
    { init: [h0], xs: [x], reverse },
  );
}

const values = (seed: number, length = 3) => [
  randomArray("f64", [length, 2, 3], seed),
  randomArray("f64", [2, 3], seed + 1),
  randomArray("f64", [3, 3], seed + 2, -1, 1),
  randomArray("f64", [3], seed + 3),
];

const nodeCount = (model: Uint8Array, op: string): number =>
  new Set(
    Buffer.from(model)
      .toString("latin1")
      .match(new RegExp(`${op}_\\d+`, "g")),
  ).size;

describe("scan", () => {
  it("carries state forwards and backwards", async () => {
    const x = input("x", "f32", [dim("n"), 2]);
    const step = ([total]: readonly Tensor[], [v]: readonly Tensor[]) => {
      const next = add(mul(total, 2), v);
      return { carry: [next], ys: [next, neg(v)] };
    };
    for (const reverse of [false, true]) {
      const { carry, ys } = scan(step, { init: [full([2], 1)], xs: [x], reverse });
      const result = await evaluate(
        { last: carry[0], all: ys[0], negative: ys[1] },
        { x: fromValues("f32", [3, 2], [1, 2, 3, 4, 5, 6]) },
      );
      const rows = reverse
        ? [
            [35, 42],
            [17, 20],
            [7, 8],
          ]
        : [
            [3, 4],
            [9, 12],
            [23, 30],
          ];
      expect(toValues(result.all)).toEqual(rows.flat());
      expect(toValues(result.last)).toEqual(reverse ? rows[0] : rows[2]);
      expect(toValues(result.negative)).toEqual([-1, -2, -3, -4, -5, -6]);
    }
  });

  it("counts steps without xs", async () => {
    const n = dim("n");
    const x = input("x", "i64", [n]);
    const { carry } = scan(([a, b]) => ({ carry: [b, add(a, b)] }), {
      init: [full([], 0, "i64"), full([], 1, "i64")],
      length: n,
    });
    const named = { fibonacci: carry[0], n: add(x, 0) };
    for (const [length, expected] of [
      [1, 1],
      [10, 55],
    ]) {
      const feeds = { x: randomArray("i64", [length], 1) };
      expect(toValues((await evaluate(named, feeds)).fibonacci)).toEqual([expected]);
    }
  });

  it("has the gradients of the loop it stands for", async () => {
    await fc.assert(
      fc.asyncProperty(
        seeds,
        fc.boolean(),
        fc.integer({ min: 1, max: 4 }),
        async (s, r, length) => {
          await checkGradients((inputs) => recurrent(inputs, r).ys[0], values(s, length));
          await checkGradients((inputs) => recurrent(inputs, r).carry[0], values(s, length));
        },
      ),
      { numRuns: 6 },
    );
  });

  it("has gradients with symbolic lengths", async () => {
    const shapes = [[dim("n"), dim("b"), 3], [dim("b"), 3], [3, 3], [3]];
    const build = (inputs: Tensor[]) => recurrent(inputs).ys[0];
    await checkGradients(build, values(1), { shapes });
  });

  it("gives composites inside their gradients, fused and decomposed", async () => {
    const build = ([x, w]: Tensor[]) =>
      scan(
        ([h], [v]) => {
          const next = rmsNorm(add(h, v), w);
          return { carry: [next], ys: [sin(next)] };
        },
        { init: [mul(w, 0.5)], xs: [x] },
      ).ys[0];
    const points = [randomArray("f64", [3, 4], 1), randomArray("f64", [4], 2)];
    await checkGradients(build, points);
    await checkGradients(build, points, { fuse: false });
  });

  it("differentiates scans inside scans, and twice", async () => {
    const nested = ([x, w]: Tensor[]) => {
      const inner = (h: Tensor, row: Tensor) =>
        scan(([c], [v]) => ({ carry: [tanh(add(mul(c, w), v))] }), { init: [h], xs: [row] })
          .carry[0];
      return scan(([h], [row]) => ({ carry: [inner(h, row)] }), {
        init: [full([], 0.5, "f64")],
        xs: [x],
      }).carry[0];
    };
    const points = [randomArray("f64", [2, 3], 5), randomArray("f64", [], 6)];
    await checkGradients(nested, points);
    await checkGradients((inputs) => grad(nested(inputs), inputs)[0], points, { rtol: 1e-4 });
  });

  it("skips integer state and needs no float slices", async () => {
    const build = ([x]: Tensor[]) =>
      scan(([n, h]) => ({ carry: [add(n, 1), mul(h, add(x, cast(n, "f64")))] }), {
        init: [full([], 0, "i64"), full([2], 1, "f64")],
        length: 3,
      }).carry[1];
    await checkGradients(build, [randomArray("f64", [2], 1)]);
  });

  it("computes the forward pass once, with what does not change taken out", async () => {
    const x = input("x", "f32", [4, 3]);
    const w = input("w", "f32", [3]);
    const { ys } = scan(
      ([h], [v]) => {
        const next = tanh(add(mul(h, sin(w)), v));
        return { carry: [next], ys: [next] };
      },
      { init: [full([3], 0)], xs: [x] },
    );
    const loss = sum(ys[0]);
    const { model } = trace({ loss, g: grad(loss, [w])[0] });
    expect(nodeCount(model, "Tanh")).toBe(1);
    expect(nodeCount(model, "Sin")).toBe(1);
  });

  it("agrees with the unrolled loop", async () => {
    const unrolled = ([x, h0, w, scale]: Tensor[]) => {
      const one = (t: Tensor, i: number) => squeeze(slice(t, 0, i, i + 1), [0]);
      let h = h0;
      for (let i = 0; i < 3; i++) h = tanh(add(matmul(h, w), one(x, i)));
      return mul(h, scale);
    };
    const inputs = values(3).map((v, i) => input(`x${i}`, v.dtype, v.shape));
    const feeds = Object.fromEntries(values(3).map((v, i) => [`x${i}`, v]));
    const rolled = mul(recurrent(inputs).carry[0], inputs[3]);
    const flat = unrolled(inputs);
    const result = await evaluate({ rolled, flat }, feeds);
    expectClose(result.rolled, result.flat, { rtol: 1e-12, atol: 0 });
  });

  it("says what does not fit", () => {
    const x = input("x", "f32", [3, 2]);
    const h = input("h", "f32", [2]);
    const same = (carry: readonly Tensor[]) => ({ carry });
    expect(() => scan(same, { init: [h] })).toThrow("without xs it needs a `length`");
    expect(() => scan(same, { init: [h], xs: [x, h] })).toThrow("have not all 3 slices");
    expect(() => scan(() => ({}), { init: [h], xs: [x] })).toThrow("the step's carry has 0");
    expect(() => scan(([c]) => ({ carry: [cast(c, "f64")] }), { init: [h], xs: [x] })).toThrow(
      "turns carry 0 into f64 [2]",
    );
    expect(() => scan(same, { init: [h], length: 0 })).toThrow("one step or more");
    expect(() => scan(same, { xs: [full([], 0)] })).toThrow("need an axis to scan over");
  });
});
