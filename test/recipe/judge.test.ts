import { expect, it } from "vitest";
import { type Check, estimate, judge, judgeTrials, Trials } from "../../src/recipe/index.ts";
import { tQuantile } from "../../src/recipe/statistics.ts";

it.each([
  // NIST/SEMATECH e-Handbook of Statistical Methods, section 1.3.6.7.2, column 0.975
  [1, 12.706],
  [2, 4.303],
  [4, 2.776],
  [9, 2.262],
  [30, 2.042],
  [100, 1.984],
])("Student's t with %i degrees has its 97.5 %% quantile at %f", (degrees, value) => {
  expect(tQuantile(degrees)).toBeCloseTo(value, 3);
});

it("estimates a mean with its interval; one value has none", () => {
  // Standard error of 1, 2, 3: 1/sqrt(3).
  const { mean, low, high } = estimate([1, 2, 3]);
  expect(mean).toBe(2);
  expect(high - 2).toBeCloseTo(4.3027 / Math.sqrt(3), 3);
  expect(low).toBeCloseTo(4 - high, 12);
  expect(estimate([5]).low).toBe(Number.NEGATIVE_INFINITY);
  expect(() => estimate([])).toThrow("no values");
});

const trials = (losses: Record<string, readonly number[]>): Trials =>
  new Trials(
    Object.entries(losses).flatMap(([arm, values]) =>
      values.map((loss, seed) => ({ arm, seed, seconds: 1, metrics: { loss } })),
    ),
  );
const lower: Check = {
  claim: "a is lower than b",
  isCentral: true,
  measure: Trials.difference("loss", "a", "b"),
  expected: "below",
};

it("pairs the arms by seed", () => {
  // The spread over seeds is large, the difference is the same in all of them.
  const all = trials({ a: [1, 5, 9], b: [1.5, 5.4, 9.6] });
  expect(judge(lower, all)).toMatchObject({ verdict: "confirmed", estimate: { mean: -0.5 } });
});

it.each([
  ["confirmed", [1, 1.1, 0.9], [2, 2.1, 2]],
  ["refuted", [2, 2.1, 2], [1, 1.1, 0.9]],
  ["not confirmed", [1, 2, 3], [2, 1, 3.5]],
  ["not confirmed", [1], [2]],
  ["not confirmed", [1, 1], []],
] as const)("says %s of %j against %j", (verdict, a, b) => {
  expect(judge(lower, trials({ a, b })).verdict).toBe(verdict);
});

it("confirms a recipe only by all central checks, and refutes it by one", () => {
  const all = trials({ a: [1, 1.1], b: [2, 2.1] });
  const higher: Check = { ...lower, expected: "above" };
  const verdictOf = (...checks: Check[]) =>
    judgeTrials({ name: "r", claim: "c", checks }, all).verdict;
  expect(verdictOf(lower, { ...higher, isCentral: false })).toBe("confirmed");
  expect(verdictOf(lower, higher)).toBe("refuted");
  expect(verdictOf(lower, { ...lower, threshold: -1 })).toBe("not confirmed");
  expect(verdictOf({ ...lower, isCentral: false })).toBe("not confirmed");
});
