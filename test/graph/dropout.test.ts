import { describe, expect, it } from "vitest";
import {
  dim,
  dropout,
  foldKey,
  fromValues,
  grad,
  input,
  mul,
  randomKey,
  sin,
  sum,
  toValues,
} from "../../src/graph/index.ts";
import { checkGradients, evaluate, randomArray } from "./support.ts";

const key = randomKey(3);

describe("dropout", () => {
  it("drops at the rate and scales the rest, gradient alike", async () => {
    const x = input("x", "f32", [dim("n"), 100]);
    const y = dropout(x, 0.25, foldKey(key, 1));
    const again = dropout(x, 0.25, foldKey(key, 1));
    const other = dropout(x, 0.25, foldKey(key, 2));
    const [g] = grad(sum(mul(y, 2)), [x]);
    const ones = fromValues("f32", [200, 100], new Array<number>(20_000).fill(1));
    const found = await evaluate({ y, again, other, g }, { x: ones });
    const values = toValues(found.y);
    const kept = values.filter((v) => v !== 0);
    expect(kept.every((v) => v === Math.fround(1 / 0.75))).toBe(true);
    expect(Math.abs(kept.length / 20_000 - 0.75)).toBeLessThan(0.015);
    expect(toValues(found.again)).toEqual(values);
    expect(toValues(found.other)).not.toEqual(values);
    expect(toValues(found.g)).toEqual(values.map((v) => v * 2));
  });

  it("has the gradient of a fixed mask", async () => {
    await checkGradients(([x]) => dropout(sin(x), 0.4, key), [randomArray("f64", [3, 4], 1)]);
  });

  it("does nothing at rate 0 and refuses other rates", () => {
    const x = input("x", "f32", [2]);
    expect(dropout(x, 0, key)).toBe(x);
    expect(() => dropout(x, 1, key)).toThrow("the rate 1 is not in [0, 1)");
    expect(() => dropout(input("i", "i64", [2]), 0.1, key)).toThrow("dropout: needs floats");
  });
});
