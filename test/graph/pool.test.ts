import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type AvgPoolOptions,
  avgPool,
  dim,
  globalAvgPool,
  grad,
  input,
  maxPool,
  mul,
  sum,
  type Tensor,
  type WindowOptions,
} from "../../src/graph/index.ts";
import { checkCases } from "./fixture-cases.ts";
import { checkFused, checkGradients, distinctArray, randomArray, seeds } from "./support.ts";

type Options = WindowOptions & AvgPoolOptions & { readonly kernel: number };

const calls = fc.integer({ min: 1, max: 2 }).chain((rank) =>
  fc.record({
    sizes: fc.array(fc.integer({ min: 2, max: 4 }), { minLength: rank, maxLength: rank }),
    stride: fc.integer({ min: 1, max: 3 }),
    padding: fc.constantFrom(0, 1),
    countPadding: fc.boolean(),
    seed: seeds,
  }),
);

describe("maxPool", () => {
  it("gives PyTorch's values and indices", async () => {
    const build = ([x]: Tensor[], options: object) => {
      const { output, indices } = maxPool(x, (options as Options).kernel, options as Options);
      return [output, indices];
    };
    await checkCases("pool", "maxPool", build);
  });

  it("has the gradients of central differences", async () => {
    await fc.assert(
      fc.asyncProperty(calls, ({ sizes, stride, padding, seed }) =>
        checkGradients(
          ([x]) => maxPool(x, 2, { stride, padding }).output,
          [distinctArray("f64", [2, 2, ...sizes], seed)],
        ),
      ),
      { numRuns: 8 },
    );
    const shapes = [[dim("b"), 2, dim("n")]];
    const values = [distinctArray("f64", [2, 2, 5], 1)];
    await checkGradients(([x]) => maxPool(x, 3, { stride: 1 }).output, values, { shapes });
  });

  it("says what does not fit", () => {
    const x = input("x", "f32", [1, 2, 4]);
    expect(() => maxPool(x, 2, { padding: 2 })).toThrow("the padding is not less than the kernel");
    expect(() => maxPool(x, 5)).toThrow("the kernel [5] is larger than the padded input");
    expect(() => maxPool(x, 1.5)).toThrow("maxPool: kernel [1.5] is not 1 integers");
    expect(() => maxPool(input("x", "f32", [2, 4]), 2)).toThrow("1 to 3 spatial axes");
  });
});

describe("avgPool", () => {
  it("gives PyTorch's values", async () => {
    const build = ([x]: Tensor[], options: object) => [
      avgPool(x, (options as Options).kernel, options as Options),
    ];
    await checkCases("pool", "avgPool", build);
    await checkCases("pool", "globalAvgPool", ([x]) => [globalAvgPool(x)]);
  });

  it("has the gradients of central differences", async () => {
    await fc.assert(
      fc.asyncProperty(calls, ({ sizes, seed, ...options }) =>
        checkGradients(
          ([x]) => avgPool(x, 2, options),
          [randomArray("f64", [2, 2, ...sizes], seed)],
        ),
      ),
      { numRuns: 5 },
    );
    await checkGradients(([x]) => globalAvgPool(x), [randomArray("f64", [2, 3, 2, 2], 1)]);
  });

  it("fuses, also beside its gradient, with symbolic dimensions", async () => {
    const build = ([x]: Tensor[]) => {
      const y = avgPool(x, 3, { stride: 1, padding: 1, countPadding: false });
      return { y, dx: grad(sum(mul(y, y)), [x])[0] };
    };
    const shapes = [[dim("b"), 2, dim("h"), 4]];
    await checkFused(build, [randomArray("f32", [2, 2, 5, 4], 1)], { shapes });
  });
});
