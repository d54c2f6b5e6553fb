import { describe, expect, it } from "vitest";
import { dim, fromValues, input, mul, silu, type Tensor } from "../../src/graph/index.ts";
import { checkFused, checkGradients, evaluate, expectClose, randomArray } from "./support.ts";

describe("test support", () => {
  it("runs a trace", async () => {
    const x = input("x", "f32", [dim("n")]);
    const { y } = await evaluate(mul(x, 2), { x: fromValues("f32", [3], [1, 2, 3]) });
    expectClose(y, fromValues("f32", [3], [2, 4, 6]));
  });

  it("shows where arrays differ", () => {
    const a = fromValues("f32", [2, 2], [1, 2, 3, 4]);
    const b = fromValues("f32", [2, 2], [1, 2, 3, 5]);
    expect(() => expectClose(a, b)).toThrow("1 of 4 elements of f32 [2, 2] differ by up to 1");
    expect(() => expectClose(a, b)).toThrow("[1,1] got 4, expected 5");
    expect(() => expectClose(a, fromValues("f32", [4], [1, 2, 3, 4]))).toThrow("expected f32 [4]");
  });

  it("accepts right gradients and refuses wrong ones", async () => {
    const x = randomArray("f32", [2, 3], 1);
    await checkGradients(([t]) => mul(t, t), [x]);
    await checkGradients(([t]) => mul(t, t), [x], { shapes: [[dim("n"), 3]] });
    // Treats one factor as a constant: half of the true gradient.
    const { stopGradient } = await import("../../src/graph/index.ts");
    const wrong = ([t]: Tensor[]) => mul(t, stopGradient(t));
    await expect(checkGradients(wrong, [x])).rejects.toThrow("gradient by input 0");
  });

  it("compares fused kernels with decompositions", async () => {
    const x = randomArray("f32", [2, 3], 1);
    await checkFused(([t]) => silu(t), [x]);
    await expect(checkFused(([t]) => mul(t, t), [x])).rejects.toThrow("is the decomposition");
  });
});
