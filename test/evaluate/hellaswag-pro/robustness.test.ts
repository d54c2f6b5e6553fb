import { expect, test } from "vitest";
import { type Answered, robustnessOf } from "../../../src/evaluate/index.ts";

/** Three questions; by hand: originals 1, 1, 0. */
const answers: Answered[] = [
  { question: "a", form: "original", right: 1 },
  { question: "a", form: "negation", right: 0 },
  { question: "a", form: "critical", right: 1, chance: 0.2 },
  { question: "b", form: "original", right: 1 },
  { question: "b", form: "negation", right: 1 },
  { question: "b", form: "critical", right: 1, chance: 0.2 },
  { question: "c", form: "original", right: 0 },
  { question: "c", form: "negation", right: 1 },
  { question: "c", form: "critical", right: 0, chance: 0.2 },
];

const valuesOf = (given: readonly Answered[]): Record<string, number> =>
  Object.fromEntries(Object.entries(robustnessOf(given)).map(([key, { value }]) => [key, value]));

test("the four metrics and ours, against values by hand", () => {
  const found = valuesOf(answers);
  expect(found.OA).toBeCloseTo(2 / 3, 12);
  expect(found.ARA).toBeCloseTo(4 / 6, 12);
  expect(found.RLA).toBeCloseTo(0, 12);
  expect(found.CRA).toBeCloseTo(3 / 6, 12); // a critical, b negation, b critical
  expect(found.SRA).toBeCloseTo(1 / 3, 12); // b
  expect(found.flip).toBeCloseTo(1 / 4, 12); // a negation, of the four with a right original
  expect(found.excess).toBeCloseTo((4 / 6 - 0.225) / (1 - 0.225), 12);
  expect(found["ARA/negation"]).toBeCloseTo(2 / 3, 12);
  expect(found["CRA/negation"]).toBeCloseTo(1 / 3, 12);
  expect(found["flip/negation"]).toBeCloseTo(1 / 2, 12);
  expect(found["RLA/critical"]).toBeCloseTo(0, 12);
  expect(found["excess/critical"]).toBeCloseTo((2 / 3 - 0.2) / 0.8, 12);
  expect(found).not.toHaveProperty("ARA/ordering");
});

test("what nothing is known of is left out", () => {
  const found = valuesOf(answers.filter(({ form }) => form === "negation"));
  expect(Object.keys(found).sort()).toEqual(
    ["ARA", "ARA/negation", "SRA", "excess", "excess/negation"].sort(),
  );
  expect(robustnessOf([])).toEqual({});
});

test("intervals resample questions, so equal forms of one question make no surer", () => {
  const many = Array.from({ length: 40 }, (_, i): Answered[] => {
    const right = i % 2;
    return (["original", "negation", "critical", "causal"] as const).map((form) => {
      return { question: String(i), form, right };
    });
  }).flat();
  const { ARA, RLA } = robustnessOf(many);
  const [low, high] = ARA!.interval;
  // Half of 40 independent questions: 0.5 +- 1.96 * sqrt(0.25 / 40) = 0.5 +- 0.155.
  expect((high - low) / 2).toBeGreaterThan(0.13);
  expect((high - low) / 2).toBeLessThan(0.18);
  expect(RLA).toEqual({ value: 0, interval: [0, 0] });
  expect(robustnessOf(many)).toEqual(robustnessOf(many));
});
