import * as fc from "fast-check";
import { expect, it } from "vitest";
import { groupAdvantages } from "../../../src/train/index.ts";

it("centres a group and divides by its deviation", () => {
  // Deviation of 1, 0, 0, 1 with n - 1: sqrt(1/3).
  const expected = 0.5 / (Math.sqrt(1 / 3) + 1e-4);
  expect(groupAdvantages([1, 0, 0, 1])).toEqual([expected, -expected, -expected, expected]);
  expect(groupAdvantages([3, 1], { scale: "none" })).toEqual([1, -1]);
});

it("teaches nothing where rewards are equal, or there is one or none", () => {
  expect(groupAdvantages([0.3, 0.3, 0.3])).toEqual([0, 0, 0]);
  expect(groupAdvantages([2])).toEqual([0]);
  expect(groupAdvantages([undefined, undefined])).toEqual([0, 0]);
});

it("leaves out answers without a reward", () => {
  expect(groupAdvantages([1, undefined, 0], { scale: "none" })).toEqual([0.5, 0, -0.5]);
});

it("refuses what is not a number", () => {
  expect(() => groupAdvantages([1, Number.NaN])).toThrow("reward NaN is not a finite number");
});

it("sums to zero, in the order of the rewards", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 2 }), (rewards) => {
      const advantages = groupAdvantages(rewards);
      expect(Math.abs(advantages.reduce((a, b) => a + b, 0))).toBeLessThan(1e-6);
      rewards.forEach((r, i) => {
        if (r > rewards[0]!) expect(advantages[i]).toBeGreaterThan(advantages[0]!);
      });
    }),
  );
});
