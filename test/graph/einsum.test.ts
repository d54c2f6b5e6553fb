import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dim, einsum, input, type Tensor } from "../../src/graph/index.ts";
import { checkCases } from "./fixture-cases.ts";
import { checkGradients, evaluateOne, expectClose, randomArray, seeds } from "./support.ts";

const sizes: Readonly<Record<string, number>> = { b: 2, i: 3, j: 2, k: 4, h: 1 };
const shapesOf = (equation: string) =>
  equation
    .split("->")[0]
    .split(",")
    .map((term) => Array.from(term, (label) => sizes[label]));

describe("einsum", () => {
  it("gives NumPy's values", async () => {
    const build = (inputs: Tensor[], o: object) => [
      einsum((o as { equation: string }).equation, ...inputs),
    ];
    await checkCases("einsum", "einsum", build, { atol: 1e-5 });
  });

  it("has the gradients of central differences", async () => {
    const equations = [
      "ij,jk->ik",
      "bij,bkj->bki",
      "ij->j",
      "ij,jk,ki->",
      "bij,jk->bik",
      "bi,bij,bj->b",
      "ij,kj->ikj",
      "bhi,bhj->bij",
      "ij,b->bj",
      "jj,j->j",
    ];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...equations), seeds, async (equation, seed) => {
        const values = shapesOf(equation).map((s, i) => randomArray("f64", s, seed + i));
        await checkGradients((inputs) => einsum(equation, ...inputs), values);
      }),
      { numRuns: 15 },
    );
    const ellipsis = [randomArray("f64", [2, 1, 3, 2], 1), randomArray("f64", [3, 2, 2], 2)];
    await checkGradients(([a, b]) => einsum("...ij,...jk->...ik", a, b), ellipsis);
  });

  it("takes symbolic dimensions and any order of operands and labels", async () => {
    const values = [randomArray("f32", [2, 3, 4], 1), randomArray("f32", [5, 4, 2], 2)];
    const feeds = { x: values[0], z: values[1] };
    const x = input("x", "f32", [dim("b"), dim("s"), 4]);
    const y = input("z", "f32", [dim("t"), 4, dim("b")]);
    const direct = await evaluateOne(einsum("bsd,tdb->bst", x, y), feeds);
    const swapped = await evaluateOne(einsum("tdb,bsd->bst", y, x), feeds);
    expectClose(direct, swapped, { rtol: 1e-6 });
    expect(direct.shape).toEqual([2, 3, 5]);
  });

  it("says what does not fit", () => {
    const x = input("x", "f32", [2, 3]);
    expect(() => einsum("ij,jk->ik", x, x)).toThrow('"ij,jk->ik": j is 3 and 2');
    expect(() => einsum("ijk->i", x)).toThrow("operand 0 has another rank");
    expect(() => einsum("ij->k", x)).toThrow("no operand has the label k");
    expect(() => einsum("ij->ii", x)).toThrow("the result repeats a label");
    expect(() => einsum("ij,ij", x)).toThrow("names 2 operands");
    expect(() => einsum("i+j", x)).toThrow("is not of the form");
    expect(() => einsum(".ijk.", x)).toThrow("has stray dots");
  });
});
