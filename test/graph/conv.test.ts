import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type ConvOptions,
  type ConvTransposeOptions,
  conv,
  convTranspose,
  dim,
  dimMul,
  grad,
  input,
  mul,
  sum,
  type Tensor,
} from "../../src/graph/index.ts";
import { checkCases } from "./fixture-cases.ts";
import { checkFused, checkGradients, randomArray, seeds } from "./support.ts";

const windows = (rank: number) =>
  fc.record({
    stride: fc.integer({ min: 1, max: 3 }),
    padding: fc.array(
      fc.tuple(fc.nat(2), fc.nat(2)).map(([a, b]) => [a, b] as const),
      { minLength: rank, maxLength: rank },
    ),
    dilation: fc.integer({ min: 1, max: 2 }),
    groups: fc.constantFrom(1, 2),
  });

/** A rank with sizes, a kernel and options that fit them. */
const calls = fc.integer({ min: 1, max: 3 }).chain((rank) =>
  fc.record({
    sizes: fc.array(fc.integer({ min: 3, max: rank === 1 ? 6 : 3 }), {
      minLength: rank,
      maxLength: rank,
    }),
    kernel: fc.array(fc.integer({ min: 1, max: 2 }), { minLength: rank, maxLength: rank }),
    options: windows(rank),
    seed: seeds,
  }),
);

describe("conv", () => {
  it("gives PyTorch's values in one to three dimensions", async () => {
    const build = ([x, weight, bias]: Tensor[], options: object) => [
      conv(x, weight, { ...(options as ConvOptions), bias }),
    ];
    await checkCases("conv", "conv", build, { rtol: 1e-4, atol: 1e-5 });
  });

  it("has the gradients of central differences", async () => {
    await fc.assert(
      fc.asyncProperty(calls, async ({ sizes, kernel, options, seed }) => {
        const values = [
          randomArray("f64", [2, 2, ...sizes], seed),
          randomArray("f64", [2, 2 / options.groups, ...kernel], seed + 1),
        ];
        await checkGradients(([x, w]) => conv(x, w, options), values);
      }),
      { numRuns: 10 },
    );
  });

  it("has the same gradients in f32, through the kernels", async () => {
    const values = [randomArray("f32", [2, 4, 7, 6], 1), randomArray("f32", [6, 2, 3, 2], 2)];
    const build = ([x, w]: Tensor[]) => {
      const y = conv(x, w, { stride: 2, padding: 1, groups: 2 });
      const [dx, dw] = grad(sum(mul(y, y)), [x, w]);
      return { y, dx, dw };
    };
    await checkFused(build, values, { rtol: 1e-4, atol: 1e-4 });
  });

  it("differentiates twice", async () => {
    const slope = ([x, w]: Tensor[]) => {
      const y = conv(x, w, { stride: 2, padding: [[0, 1]] });
      return grad(sum(mul(y, mul(y, y))), [x, w])[1];
    };
    const values = [randomArray("f64", [1, 2, 5], 1), randomArray("f64", [2, 2, 2], 2)];
    await checkGradients(slope, values, { rtol: 1e-4 });
  });

  it("takes symbolic sizes where the quotient is known", async () => {
    const values = [randomArray("f64", [2, 2, 6], 1), randomArray("f64", [3, 2, 3], 2)];
    const shapes = [
      [dim("b"), 2, dim("n")],
      [3, 2, 3],
    ];
    await checkGradients(([x, w]) => conv(x, w, { padding: 1, dilation: 2 }), values, { shapes });
    const even = [
      [dim("b"), 2, dim("n"), 2],
      [3, 2, 3, 1],
    ];
    const wide = [randomArray("f64", [2, 2, 3, 2], 1), randomArray("f64", [3, 2, 3, 1], 2)];
    await checkGradients(([x, w]) => conv(x, w, { stride: [1, 2], padding: [1, 0] }), wide, {
      shapes: even,
    });
    const x = input("x", "f32", [1, 2, dimMul(dim("n"), 2)]);
    const w = input("w", "f32", [3, 2, 3]);
    expect(`${conv(x, w, { stride: 2, padding: 1 })}`).toBe("f32 [1, 3, n]");
  });

  it("says what does not fit", () => {
    const t = (shape: number[]) => input("x", "f32", shape);
    const [x, w] = [t([1, 4, 5]), t([6, 4, 3])];
    expect(() => conv(x, t([6, 2, 3]))).toThrow("x and weight do not fit 1 groups");
    expect(() => conv(x, w, { stride: [1, 2] })).toThrow(
      "conv: stride [1,2] is not 1 integers of 1 or more",
    );
    expect(() => conv(x, t([6, 4, 7]))).toThrow("the kernel [7] is larger than the padded input");
    expect(() => conv(t([4, 5]), w)).toThrow("needs x [batch, channels, ...]");
    expect(() => conv(x, w, { bias: t([5]) })).toThrow("the bias is not [6]");
    const symbolic = input("x", "f32", [1, 4, dim("n")]);
    expect(() => conv(symbolic, w, { stride: 2 })).toThrow(
      "spatial axis 0 of size n does not divide by the stride 2",
    );
  });
});

describe("convTranspose", () => {
  it("gives PyTorch's values", async () => {
    const build = ([x, weight, bias]: Tensor[], options: object) => [
      convTranspose(x, weight, { ...(options as ConvTransposeOptions), bias }),
    ];
    await checkCases("conv", "convTranspose", build, { rtol: 1e-4, atol: 1e-5 });
  });

  it("has the gradients of central differences", async () => {
    await fc.assert(
      fc.asyncProperty(calls, async ({ sizes, kernel, options, seed }) => {
        const padding = kernel.map(() => [0, 1] as const);
        const outputPadding = options.stride - 1;
        const values = [
          randomArray("f64", [2, 2, ...sizes], seed),
          randomArray("f64", [2, 2 / options.groups, ...kernel], seed + 1),
        ];
        const build = ([x, w]: Tensor[]) =>
          convTranspose(x, w, { ...options, padding, outputPadding });
        await checkGradients(build, values);
      }),
      { numRuns: 8 },
    );
    const shapes = [
      [dim("b"), 2, dim("n")],
      [2, 3, 2],
    ];
    const values = [randomArray("f64", [2, 2, 3], 1), randomArray("f64", [2, 3, 2], 2)];
    await checkGradients(([x, w]) => convTranspose(x, w, { stride: 2 }), values, { shapes });
  });

  it("says what does not fit", () => {
    const t = (shape: number[]) => input("x", "f32", shape);
    const [x, w] = [t([1, 4, 5]), t([4, 6, 3])];
    expect(() => convTranspose(x, t([6, 4, 3]))).toThrow("do not fit 1 groups");
    expect(() => convTranspose(x, w, { outputPadding: 1 })).toThrow("not less than the stride");
    expect(() => convTranspose(t([1, 4, 1]), w, { padding: 2 })).toThrow("leaves nothing");
  });
});
