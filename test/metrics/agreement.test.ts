import { expect, it } from "vitest";
import {
  auroc,
  cohenKappa,
  expectedCalibrationError,
  gwetAc1,
  krippendorffAlpha,
  observedAgreement,
} from "../../src/metrics/index.ts";

/** Pairs of a contingency table [[both no, no-yes], [yes-no, both yes]]. */
function pairsOf([[nn, ny], [yn, yy]]: readonly (readonly [number, number])[]) {
  const cells: [number, number, number][] = [
    [0, 0, nn],
    [0, 1, ny],
    [1, 0, yn],
    [1, 1, yy],
  ];
  const all = cells.flatMap(([a, b, n]) => Array.from({ length: n }, () => [a, b] as const));
  return [all.map(([a]) => a), all.map(([, b]) => b)] as const;
}

it("Cohen's kappa by hand", () => {
  // po = 35/50; yes: 25/50 and 30/50, so pe = 0.5 * 0.6 + 0.5 * 0.4 = 0.5.
  const [a, b] = pairsOf([
    [15, 10],
    [5, 20],
  ]);
  expect(observedAgreement(a, b)).toBeCloseTo(0.7, 12);
  expect(cohenKappa(a, b)).toBeCloseTo(0.4, 12);
  // Worse than chance: po = 0, pe = 0.5.
  expect(cohenKappa(["x", "y"], ["y", "x"])).toBeCloseTo(-1, 12);
  expect(cohenKappa([1, 1], [1, 1])).toBe(1);
});

it("kappa falls with a rare label where AC1 does not", () => {
  // po = 0.9 and pe = 0.95 * 0.95 + 0.05 * 0.05 = 0.905; AC1's pe = 2 * 0.95 * 0.05 = 0.095.
  const [a, b] = pairsOf([
    [0, 5],
    [5, 90],
  ]);
  expect(cohenKappa(a, b)).toBeCloseTo((0.9 - 0.905) / (1 - 0.905), 12);
  expect(gwetAc1(a, b)).toBeCloseTo((0.9 - 0.095) / (1 - 0.095), 12);
  expect(gwetAc1([1, 1], [1, 1])).toBe(1);
});

it("Krippendorff's alpha with a missing rating", () => {
  // Units (a a), (a b), (b b b): n = 7, 3 a and 4 b. Do = 2 / 7, De = 2 * 3 * 4 / (7 * 6) = 4 / 7.
  expect(krippendorffAlpha([["a", "a"], ["a", "b"], ["b", "b", "b"], ["a"]])).toBeCloseTo(0.5, 12);
  expect(krippendorffAlpha([["a"], []])).toBeNaN();
});

it("AUROC counts equal scores half", () => {
  // Pairs (0.9 | 0.5, 0.1) win; 0.5 ties with 0.5 and beats 0.1: 3.5 of 4.
  expect(auroc([0.9, 0.5, 0.5, 0.1], [true, true, false, false])).toBeCloseTo(3.5 / 4, 12);
  expect(auroc([1, 1], [true, true])).toBeNaN();
});

it("calibration error weighs bins by what falls into them", () => {
  // Bin of 0.9: mean 0.9, half right, 2 of 3; bin of 0.2: nothing right, 1 of 3.
  const found = expectedCalibrationError([0.9, 0.9, 0.2], [true, false, false]);
  expect(found).toBeCloseTo((2 / 3) * 0.4 + (1 / 3) * 0.2, 12);
});
