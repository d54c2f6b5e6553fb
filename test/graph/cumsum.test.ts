import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CumsumOptions, cumsum, dim, input, sin } from "../../src/graph/index.ts";
import { checkCases } from "./fixture-cases.ts";
import { checkGradients, randomArray, seeds, shapes } from "./support.ts";

describe("cumsum", () => {
  it("gives NumPy's values", async () => {
    const build = ([x]: Parameters<typeof cumsum>[0][], o: object) => [
      cumsum(x, (o as { axis: number }).axis, o as CumsumOptions),
    ];
    await checkCases("cumsum", "cumsum", build);
  });

  it("has the gradient of central differences", async () => {
    await fc.assert(
      fc.asyncProperty(
        shapes(1, 3),
        fc.nat(2),
        fc.boolean(),
        fc.boolean(),
        seeds,
        async (shape, axis, reverse, exclusive, seed) => {
          const at = (axis % shape.length) - shape.length;
          const build = ([x]: Parameters<typeof cumsum>[0][]) =>
            sin(cumsum(x, at, { reverse, exclusive }));
          await checkGradients(build, [randomArray("f64", shape, seed)]);
        },
      ),
      { numRuns: 8 },
    );
    const shapesOf = [[dim("n"), 3]];
    await checkGradients(([x]) => cumsum(x, 0), [randomArray("f64", [2, 3], 1)], {
      shapes: shapesOf,
    });
  });

  it("says what does not fit", () => {
    expect(() => cumsum(input("x", "f32", [2]), 1)).toThrow("cumsum: axis 1 is out of range");
    expect(() => cumsum(input("x", "u8", [2]), 0)).toThrow("takes f32, f64, i32 or i64");
  });
});
