import { describe, expect, it } from "vitest";
import {
  add,
  bernoulli,
  dim,
  foldKey,
  fromValues,
  input,
  normal,
  randomBits,
  randomKey,
  toValues,
  uniform,
} from "../../src/graph/index.ts";
import { checkCases } from "./fixture-cases.ts";
import { evaluate, evaluateOne, randomArray } from "./support.ts";

const SIZE = 40_000;
const key = randomKey(20250601);
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const moment = (values: readonly number[], n: number) => mean(values.map((v) => v ** n));

/** Largest distance of the empirical distribution from `cdf` (Kolmogorov and Smirnov). */
function distance(values: readonly number[], cdf: (v: number) => number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return Math.max(...sorted.map((v, i) => Math.abs(cdf(v) - (i + 0.5) / sorted.length)));
}

/** Normal distribution function (Abramowitz and Stegun 7.1.26, error below 1.5e-7). */
function normalCdf(v: number): number {
  const t = 1 / (1 + (0.3275911 * Math.abs(v)) / Math.SQRT2);
  const series = [1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592];
  const tail = series.reduce((sum, c) => (sum + c) * t, 0) * Math.exp((-v * v) / 2);
  return v < 0 ? tail / 2 : 1 - tail / 2;
}

describe("random", () => {
  it("gives Philox4x32-10's bits", async () => {
    await checkCases("random", "randomBits", ([k], o) => [randomBits(k, o.shape as number[])]);
    await checkCases("random", "foldKey", ([k], o) => [foldKey(k, o.data as number)]);
    const exact = { rtol: 0, atol: 0 };
    await checkCases(
      "random",
      "uniform",
      ([k], o) => [uniform(k, o.shape as number[], o.dtype as "f32")],
      exact,
    );
    await checkCases("random", "normal", ([k], o) => [normal(k, o.shape as number[], "f64")], {
      rtol: 1e-12,
    });
  });

  it("gives the same numbers for symbolic sizes, and a part of them for smaller ones", async () => {
    const n = dim("n");
    const x = input("x", "f32", [n]);
    const k = input("key", "u32", [2]);
    const named = { bits: randomBits(k, [n]), length: add(x, uniform(k, x.shape)) };
    const bits = async (size: number) => {
      const feeds = { key: fromValues("u32", [2], [1, 2]), x: randomArray("f32", [size], 1) };
      return toValues((await evaluate(named, feeds)).bits);
    };
    const long = await bits(11);
    expect(await bits(6)).toEqual(long.slice(0, 6));
    expect(await bits(0)).toEqual([]);
    expect(new Set(long).size).toBe(11);
  });

  it("folds steps and layers into independent keys", async () => {
    const step = input("step", "u32", []);
    const keys = [foldKey(key, 7), foldKey(key, 8), foldKey(foldKey(key, 7), 8)];
    const found = await evaluate(
      { fed: foldKey(key, step), ...Object.fromEntries(keys.map((k, i) => [`k${i}`, k])) },
      { step: fromValues("u32", [], [7]) },
    );
    expect(toValues(found.fed)).toEqual(toValues(found.k0));
    const all = ["k0", "k1", "k2"].map((name) => toValues(found[name]).join());
    expect(new Set(all).size).toBe(3);
  });

  // Bounds are more than four standard deviations wide, and the key is fixed.
  it("is uniform", async () => {
    const values = toValues(await evaluateOne(uniform(key, [SIZE])));
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values)).toBeLessThan(1);
    expect(distance(values, (v) => v)).toBeLessThan(2 / Math.sqrt(SIZE));
    const pairs = values.slice(1).map((v, i) => (v - 0.5) * (values[i] - 0.5) * 12);
    expect(Math.abs(mean(pairs))).toBeLessThan(5 / Math.sqrt(SIZE));
  });

  it("is normal", async () => {
    const values = toValues(await evaluateOne(normal(key, [SIZE])));
    expect(Math.abs(mean(values))).toBeLessThan(0.02);
    expect(Math.abs(moment(values, 2) - 1)).toBeLessThan(0.03);
    expect(Math.abs(moment(values, 4) - 3)).toBeLessThan(0.25);
    expect(distance(values, normalCdf)).toBeLessThan(2 / Math.sqrt(SIZE));
  });

  it("is true as often as asked", async () => {
    for (const p of [0, 0.1, 0.75, 1]) {
      const share = mean(toValues(await evaluateOne(bernoulli(key, p, [SIZE]))));
      expect(Math.abs(share - p)).toBeLessThanOrEqual(5 * Math.sqrt((p * (1 - p)) / SIZE));
    }
  });

  it("says what does not fit", () => {
    expect(() => randomBits(input("k", "i64", [2]), [3])).toThrow("the key is not u32 [2]");
    expect(() => foldKey(key, input("s", "f32", []))).toThrow("is not one u32");
    expect(() => bernoulli(key, 1.5, [2])).toThrow("1.5 is not between 0 and 1");
    expect(() => randomKey(-1)).toThrow("-1 is not an integer");
    expect(() => randomKey(2 ** 53)).toThrow("is not an integer");
  });
});
