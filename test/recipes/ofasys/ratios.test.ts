/** What is kept of specialists' scores, by numbers that a hand can check. */

import { expect, it } from "vitest";
import {
  bootstrap,
  gainKept,
  meanKept,
  meanRatio,
  type Pair,
  ratioOf,
} from "../../../recipes/ofasys/ratios.ts";

const pair = (score: number, specialist: number, of: Partial<Pair> = {}): Pair => ({
  better: "higher",
  most: 1,
  floor: 0,
  score,
  specialist,
  ...of,
});

it("divides scores, and error rates the other way round", () => {
  expect(ratioOf(pair(0.6, 0.8))).toBeCloseTo(0.75);
  expect(ratioOf(pair(0.39, 0.19, { better: "lower" }))).toBeCloseTo(0.5);
  expect(ratioOf(pair(0, 0, { better: "lower" }))).toBe(1);
  expect(ratioOf(pair(0.5, 0))).toBeUndefined();
});

it("means ratios, with and without what is above 1", () => {
  const pairs = [pair(0.4, 0.8), pair(0.9, 0.6), pair(0.3, 0)];
  expect(meanRatio(pairs)).toBeCloseTo(1);
  expect(meanKept(pairs)).toBeCloseTo(0.75);
});

it("counts gains over the floor in units of each metric", () => {
  const pairs = [
    pair(0.5, 0.75, { floor: 0.25 }), // 0.25 of 0.5
    pair(30, 40, { floor: 20, most: 100 }), // 0.1 of 0.2
    pair(0.6, 0.2, { floor: 1, better: "lower" }), // 0.4 of 0.8
  ];
  expect(gainKept(pairs)).toBeCloseTo(0.75 / 1.5);
});

it("draws tasks and seeds: no width for equal cells, the cells' spread for others", () => {
  const mean = (cells: number[]): number => cells.reduce((sum, x) => sum + x, 0) / cells.length;
  const equal = Array.from({ length: 15 }, () => [0.9, 0.9, 0.9]);
  expect(bootstrap([equal], mean).map((x) => x.toFixed(6))).toEqual(["0.900000", "0.900000"]);
  // 100 tasks of 0 or 1 with one seed: a binomial's interval, 0.5 ± 1.96 · 0.05.
  const coins = Array.from({ length: 100 }, (_, i) => [i % 2]);
  const [low, high] = bootstrap([coins], mean);
  expect(low).toBeGreaterThan(0.38);
  expect(low).toBeLessThan(0.42);
  expect(high).toBeGreaterThan(0.58);
  expect(high).toBeLessThan(0.62);
  // Seeds that differ and tasks that do not: three values out of three, drawn with replacement.
  const seeds = Array.from({ length: 50 }, () => [0, 0, 3]);
  expect(bootstrap([seeds], mean)).toEqual([0, 3]);
});

it("keeps cells of two tables together", () => {
  const a = Array.from({ length: 20 }, (_, i) => [i, i + 5]);
  const b = a.map((row) => row.map((value) => value - 1));
  const mean = (cells: number[]): number => cells.reduce((sum, x) => sum + x, 0) / cells.length;
  const [low, high] = bootstrap([a, b], (x, y) => mean(x) - mean(y));
  expect(low).toBeCloseTo(1);
  expect(high).toBeCloseTo(1);
});
