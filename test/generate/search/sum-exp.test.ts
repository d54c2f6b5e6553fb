import fc from "fast-check";
import { expect, test } from "vitest";
import { sumExp } from "../../../src/generate/search/sum-exp.ts";

test("the sum is that of Math.exp", () => {
  fc.assert(
    fc.property(
      fc.array(fc.float({ min: -60, max: 5, noNaN: true }), { minLength: 1, maxLength: 50 }),
      (values) => {
        const scores = Float32Array.from(values);
        const most = Math.max(...scores);
        const expected = scores.reduce((sum, x) => sum + Math.exp(x - most), 0);
        expect(Math.abs(sumExp(scores, 0, scores.length, most) / expected - 1)).toBeLessThan(1e-12);
      },
    ),
    { numRuns: 500 },
  );
});

test("impossible scores add nothing, damaged ones show", () => {
  expect(sumExp(Float32Array.of(1, -Infinity, 1, -1e30), 0, 4, 1)).toBe(2);
  expect(sumExp(Float32Array.of(1, Number.NaN), 0, 2, 1)).toBeNaN();
  expect(sumExp(Float32Array.of(1, Infinity), 0, 2, Infinity)).toBeNaN();
  expect(sumExp(Float32Array.of(9, 1, 1, 9), 1, 3, 1)).toBe(2);
});
