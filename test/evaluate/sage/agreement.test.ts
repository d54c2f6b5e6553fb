import { expect, it } from "vitest";
import {
  agreementOf,
  compareRaters,
  type MeasureName,
  type RatedVariant,
  type VariantLabel,
} from "../../../src/evaluate/sage/index.ts";
import { variantRow, verdict } from "./variants.ts";

const all = (ok: boolean) => ({ type: ok, label: ok, unique: ok });
const rate = (source: string, reference: boolean, type: number): RatedVariant => ({
  source,
  reference: { ...all(true), type: reference },
  other: { scores: { type, label: 1, unique: 1 }, score: type },
});

/** 3 hits, 1 miss, 2 false alarms, 4 rejections. */
const rated: readonly RatedVariant[] = [
  ...[0.95, 0.8, 0.6, 0.4].map((score, i) => rate(`s${i}`, true, score)),
  ...[0.9, 0.5, 0.3, 0.2, 0.1, 0.05].map((score, i) => rate(`s${i}`, false, score)),
];

it("measures are those of the table of hits, misses, alarms and rejections", () => {
  const { variants, sources, of } = agreementOf(rated, { samples: 0 });
  expect([variants, sources]).toEqual([10, 6]);
  const expected: Record<MeasureName, number> = {
    accuracy: 7 / 10,
    precision: 3 / 5,
    recall: 3 / 4,
    f1: 6 / 9,
    balancedAccuracy: (3 / 4 + 4 / 6) / 2,
    // Of 24 pairs of a right and a wrong one, 0.95 wins 6, 0.8 5, 0.6 5, 0.4 4.
    auroc: 20 / 24,
    kappa: (0.7 - 0.5) / 0.5, // pe = 0.4 · 0.5 + 0.6 · 0.5
    ac1: (0.7 - 0.495) / 0.505, // pe = 2 · 0.45 · 0.55
    alpha: 1 - (19 * 6) / 198, // 9 "right" and 11 "wrong" of 20
    // Tenths with |sum of score - sum of right|: .05, .1 and .9 (one bin each 0.05; 0.1; ...).
    ece: (0.05 + 0.1 + 0.2 + 0.3 + 0.6 + 0.5 + 0.4 + 0.2 + Math.abs(0.95 + 0.9 - 1)) / 10,
  };
  for (const [name, value] of Object.entries(expected)) {
    expect(of.type[name as MeasureName], name).toEqual({
      value: expect.closeTo(value, 12),
      interval: undefined,
    });
  }
  // The other axes are right throughout, on both sides; nothing there could be ranked.
  expect(of.label.accuracy?.value).toBe(1);
  expect(of.label.auroc?.value).toBeNaN();
  expect(of.valid.f1).toEqual(of.type.f1);
});

it("a variant is valid for a verifier from tau on, an axis right from one half", () => {
  const { of } = agreementOf(rated, { tau: 0.85, samples: 0 });
  expect(of.valid.recall?.value).toBe(1 / 4);
  expect(of.type.recall?.value).toBe(3 / 4);
});

it("intervals resample source items, not variants", () => {
  const wide = agreementOf(rated).of.type.accuracy!;
  const [low, high] = wide.interval!;
  expect(low).toBeLessThan(0.7);
  expect(high).toBeGreaterThan(0.7);
  expect(agreementOf(rated).of.type.accuracy).toEqual(wide); // the seed decides
  // One source item tells nothing of others: every resample is the same.
  const one = agreementOf(rated.map((each) => ({ ...each, source: "s" }))).of.type;
  expect(one.accuracy?.interval).toEqual([one.accuracy?.value, one.accuracy?.value]);
  // Twice the variants of the same items are no more evidence.
  const twice = agreementOf([...rated, ...rated]).of.type.accuracy!;
  expect(twice.interval).toEqual([expect.closeTo(low, 12), expect.closeTo(high, 12)]);
});

const label = (i: number, annotator: string, type: boolean, seconds?: number): VariantLabel => {
  const { id, ...variant } = variantRow(i, verdict(i < 3 ? 0.9 : 0.1, 1, 1));
  return { id, variant, annotator, labels: { ...all(true), type }, seconds };
};

it("compares the verifier with people, their majority, and people with each other", () => {
  const labels = [
    ...[true, true, false, false].map((type, i) => label(i, "ada", type, i)),
    ...[true, false, false].map((type, i) => label(i, "bob", type)),
    label(9, "cyd", true),
  ];
  const report = compareRaters(labels, undefined, { samples: 0 });
  expect(report.annotators).toEqual([
    { name: "ada", labels: 4, seconds: 1.5 },
    { name: "bob", labels: 3, seconds: undefined },
    { name: "cyd", labels: 1, seconds: undefined },
  ]);
  const told = report.comparisons.map(({ reference, other, variants, of }) => [
    `${reference} ${other}`,
    variants,
    of.type.accuracy?.value,
  ]);
  // Ada and Cyd share no variant. v1 has one vote of two: a doubt, not right.
  expect(told).toEqual([
    ["ada verifier", 4, 3 / 4],
    ["bob verifier", 3, 1 / 3],
    ["cyd verifier", 1, 0],
    ["majority verifier", 5, 2 / 5],
    ["ada bob", 3, 2 / 3],
  ]);
  expect(report.comparisons[4]!.of.type).not.toHaveProperty("auroc");
  // Units v0 (1 1), v1 (1 0), v2 (0 0): 3 "right" of 6, 2 disagreeing ordered pairs.
  expect(report.alpha.type).toBeCloseTo(1 - (5 * 2) / 18, 12);
  const [only] = compareRaters(labels, new Map(), { samples: 0 }).comparisons;
  expect([only?.reference, only?.other]).toEqual(["ada", "bob"]);
});
