import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  add,
  cond,
  dim,
  fromValues,
  grad,
  greater,
  input,
  log,
  matmul,
  mul,
  neg,
  remat,
  rmsNorm,
  scan,
  sin,
  sum,
  type Tensor,
  toValues,
} from "../../src/graph/index.ts";
import { checkGradients, evaluate, randomArray, seeds } from "./support.ts";

const choose = ([p, x, w]: Tensor[]) =>
  cond(
    greater(p, 0),
    () => sin(matmul(mul(x, x), w)),
    () => mul(rmsNorm(matmul(x, w), sum(w, { axes: [0] })), 2),
  );

const points = (p: number, seed: number) => [
  fromValues("f64", [], [p]),
  randomArray("f64", [2, 3], seed),
  randomArray("f64", [3, 3], seed + 1),
];

describe("cond", () => {
  it("takes one branch and leaves the other alone", async () => {
    const x = input("x", "f32", [dim("n")]);
    const p = input("p", "f32", []);
    // log of a negative number is NaN, times 0 too: only a branch not taken leaves no trace.
    const y = cond(
      greater(p, 0),
      () => log(x),
      () => neg(x),
    );
    const [slope] = grad(sum(y), [x]);
    const run = async (sign: number) => {
      const result = await evaluate(
        { y, slope },
        { p: fromValues("f32", [], [sign]), x: fromValues("f32", [2], [-1, -2]) },
      );
      return { y: toValues(result.y), slope: toValues(result.slope) };
    };
    expect(await run(-1)).toEqual({ y: [1, 2], slope: [-1, -1] });
    expect(await run(1)).toEqual({ y: [Number.NaN, Number.NaN], slope: [-1, -0.5] });
  });

  it("has the gradients of the branch taken", async () => {
    await fc.assert(
      fc.asyncProperty(seeds, fc.constantFrom(-1, 1), (seed, p) =>
        checkGradients(choose, points(p, seed), { wrt: [1, 2], rtol: 1e-4 }),
      ),
      { numRuns: 6 },
    );
    await checkGradients(choose, points(1, 1), { wrt: [1, 2], fuse: false });
    await checkGradients(choose, points(-1, 1), { wrt: [1, 2], fuse: false });
    const shapes = [[], [dim("n"), 3], [3, 3]];
    await checkGradients(choose, points(-1, 1), { wrt: [1, 2], shapes });
  });

  it("returns several tensors and differentiates twice", async () => {
    const build = ([p, x]: Tensor[]) => {
      const [a, b] = cond(
        greater(p, 0),
        () => [sin(x), mul(x, x)],
        () => [x, sin(mul(x, 2))],
      );
      return grad(sum(mul(a, b)), [x])[0];
    };
    for (const p of [-1, 1]) await checkGradients(build, points(p, 3).slice(0, 2), { wrt: [1] });
  });

  it("works inside scan and remat", async () => {
    const build = ([x, w]: Tensor[]) => {
      const step = remat((h: Tensor, v: Tensor) =>
        cond(
          greater(sum(v), 0),
          () => sin(mul(add(h, v), w)),
          () => mul(h, v),
        ),
      );
      const one = ([h]: readonly Tensor[], [v]: readonly Tensor[]) => ({ carry: [step(h, v)] });
      return scan(one, { init: [w], xs: [x] }).carry[0];
    };
    await checkGradients(build, [randomArray("f64", [4, 2], 11), randomArray("f64", [2], 12)]);
  });

  it("says what does not fit", () => {
    const x = input("x", "f32", [2]);
    const p = greater(input("p", "f32", []), 0);
    expect(() =>
      cond(
        greater(x, 0),
        () => x,
        () => x,
      ),
    ).toThrow("not one bool");
    expect(() =>
      cond(
        p,
        () => x,
        () => sum(x),
      ),
    ).toThrow("the branches differ in result 0");
    expect(() =>
      cond<Tensor[]>(
        p,
        () => [x],
        () => [x, x],
      ),
    ).toThrow("one branch returns 1 tensors, the other 2");
  });
});
