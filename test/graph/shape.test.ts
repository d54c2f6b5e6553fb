import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  broadcastShapes,
  type Dim,
  dim,
  dimAdd,
  dimDivide,
  dimEquals,
  dimEvaluate,
  dimMul,
  dimSub,
  dimSymbols,
  formatShape,
  isStatic,
  shapeEquals,
  shapeSize,
} from "../../src/graph/index.ts";

const [a, b] = [dim("a"), dim("b")];

/** Random polynomials in a and b. */
const dims: fc.Arbitrary<Dim> = fc.letrec<{ dim: Dim }>((tie) => ({
  dim: fc.oneof(
    { maxDepth: 3 },
    fc.integer({ min: -4, max: 4 }),
    fc.constantFrom<Dim>(a, b),
    fc.tuple(tie("dim"), tie("dim")).map(([x, y]) => dimAdd(x, y)),
    fc.tuple(tie("dim"), tie("dim")).map(([x, y]) => dimMul(x, y)),
    fc.tuple(tie("dim"), tie("dim")).map(([x, y]) => dimSub(x, y)),
  ),
})).dim;
const symbols = fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 9 })).map(
  ([x, y]) =>
    new Map([
      ["a", x],
      ["b", y],
    ] as const) as ReadonlyMap<string, number>,
);

describe("dimensions", () => {
  it("compute as integers do", () => {
    fc.assert(
      fc.property(dims, dims, symbols, (x, y, values) => {
        const [p, q] = [dimEvaluate(x, values), dimEvaluate(y, values)];
        expect(dimEvaluate(dimAdd(x, y), values)).toBe(p + q);
        expect(dimEvaluate(dimSub(x, y), values)).toBe(p - q);
        expect(dimEvaluate(dimMul(x, y), values) + 0).toBe(p * q + 0);
      }),
    );
  });

  it("have one form each", () => {
    fc.assert(
      fc.property(dims, dims, dims, (x, y, z) => {
        expect(dimEquals(dimAdd(x, y), dimAdd(y, x))).toBe(true);
        expect(dimEquals(dimMul(x, dimAdd(y, z)), dimAdd(dimMul(x, y), dimMul(x, z)))).toBe(true);
        expect(dimEquals(dimSub(x, x), 0)).toBe(true);
      }),
    );
  });

  it("divide exactly or not at all", () => {
    fc.assert(
      fc.property(dims, dims, (x, y) => {
        if (dimEquals(y, 0)) return;
        const quotient = dimDivide(x, y);
        if (quotient !== undefined) expect(dimEquals(dimMul(quotient, y), x)).toBe(true);
      }),
    );
    expect(dimDivide(6, 4)).toBeUndefined();
    expect(`${dimDivide(dimMul(dimMul(a, b), 6), dimMul(b, 3))}`).toBe("2*a");
    expect(dimDivide(a, b)).toBeUndefined();
    expect(dimDivide(dimAdd(a, 1), dimAdd(a, 1))).toBe(1);
    expect(dimDivide(dimAdd(a, 1), 2)).toBeUndefined();
    expect(dimDivide(4, 0)).toBeUndefined();
  });

  it("print canonically", () => {
    expect(`${dimAdd(dimMul(b, a), 3)}`).toBe("a*b + 3");
    expect(`${dimSub(dimMul(2, a), 1)}`).toBe("2*a - 1");
    expect(`${dimMul(-1, a)}`).toBe("-a");
    expect(`${dimMul(a, a)}`).toBe("a*a");
    expect(dimSub(dimAdd(a, 2), a)).toBe(2);
  });

  it("name their symbols", () => {
    expect(dimSymbols(dimAdd(dimMul(a, b), a)).sort()).toEqual(["a", "b"]);
    expect(dimSymbols(3)).toEqual([]);
    expect(() => dim("2x")).toThrow('"2x" is not a name');
    expect(() => dimEvaluate(dimAdd(a, b), new Map([["a", 1]]))).toThrow('no value for symbol "b"');
  });
});

describe("shapes", () => {
  it("broadcast as NumPy's", () => {
    expect(broadcastShapes([2, 1, 3], [4, 1])).toEqual([2, 4, 3]);
    expect(broadcastShapes([], [2])).toEqual([2]);
    expect(broadcastShapes([0, 3], [1, 3])).toEqual([0, 3]);
    expect(broadcastShapes([2], [3])).toBeUndefined();
    expect(formatShape(broadcastShapes([a, 1], [1, b])!)).toBe("[a, b]");
    // Two symbols may differ when the program runs.
    expect(broadcastShapes([a], [b])).toBeUndefined();
    expect(broadcastShapes([a], [2])).toBeUndefined();
  });

  it("have sizes", () => {
    expect(shapeSize([])).toBe(1);
    expect(`${shapeSize([a, 2, a])}`).toBe("2*a*a");
    expect(isStatic([1, 2])).toBe(true);
    expect(isStatic([1, a])).toBe(false);
    expect(shapeEquals([a, dimAdd(b, 1)], [a, dimAdd(1, b)])).toBe(true);
    expect(shapeEquals([a], [a, 1])).toBe(false);
  });
});
