/** Norm variants by their formulas, and their gradients by central differences. */

import { describe, expect, it } from "vitest";
import { fromValues, type NDArray } from "../../src/graph/ndarray.ts";
import { input } from "../../src/graph/ops/leaf.ts";
import { createParameters, initialise, Scope } from "../../src/nn/index.ts";
import { type NormVariant, residualNorm } from "../../src/nn/residual-norm.ts";
import { checkGradients, evaluateOne, randomArray } from "../graph/support.ts";

const WIDTH = 6;
const variants: readonly (NormVariant | undefined)[] = [
  undefined,
  { kind: "pre-affine" },
  { kind: "gated", rank: 3, scale: 2 },
  { kind: "clipped", limit: 1.2 },
  { kind: "tanh", alpha: 0.5 },
];

const values = (array: NDArray): number[] => Array.from(array.data as Float32Array);
const silu = (x: number): number => x / (1 + Math.exp(-x));

/** The formulas, one row at a time. */
function expected(
  row: readonly number[],
  variant: NormVariant | undefined,
  w: (name: string) => number[],
): number[] {
  const rms = (x: readonly number[]) => Math.sqrt(x.reduce((s, v) => s + v * v, 0) / WIDTH + 1e-6);
  const norm = (x: readonly number[]) => x.map((v, i) => (v / rms(x)) * w("weight")[i]);
  const times = (matrix: number[], x: readonly number[]) =>
    Array.from({ length: matrix.length / x.length }, (_, r) =>
      x.reduce((s, v, i) => s + v * matrix[r * x.length + i], 0),
    );
  switch (variant?.kind) {
    case undefined:
      return norm(row);
    case "pre-affine":
      return norm(row.map((v, i) => v * w("lambda1")[i]));
    case "clipped": {
      const bound = variant.limit * rms(row);
      return norm(row.map((v) => Math.min(bound, Math.max(-bound, v))));
    }
    case "tanh":
      return row.map((v, i) => Math.tanh(v * w("alpha")[0]) * w("weight")[i] + w("bias")[i]);
    case "gated": {
      const y = norm(row);
      const up = times(w("up_proj.weight"), times(w("down_proj.weight"), y).map(silu));
      return y.map((v, i) => (v * variant.scale) / (1 + Math.exp(-up[i])));
    }
  }
}

describe.each(variants)("%o", (variant) => {
  const trace = (dtype: "f32" | "f64") => {
    const { root, specs, tensors } = createParameters(dtype);
    const x = input("x", dtype, [2, WIDTH]);
    const y = residualNorm(root.in("norm"), x, { epsilon: 1e-6, variant });
    return { x, y, specs, tensors };
  };

  it("follows its formula", async () => {
    const { y, specs } = trace("f32");
    const x = randomArray("f32", [2, WIDTH], 1);
    const parameters: Record<string, NDArray> = {};
    let seed = 2;
    for (const { name, shape } of specs.values()) {
      parameters[name] = randomArray("f32", shape, seed++);
    }
    const found = values(await evaluateOne(y, { x }, { parameters }));
    const rows = values(x);
    const weight = (name: string): number[] => values(parameters[`norm.${name}`]);
    const want = [0, 1].flatMap((r) =>
      expected(rows.slice(r * WIDTH, (r + 1) * WIDTH), variant, weight),
    );
    want.forEach((value, i) => {
      expect(found[i]).toBeCloseTo(value, 5);
    });
  });

  it("has the gradients of central differences", { timeout: 60_000 }, async () => {
    const specs = [...trace("f64").specs.values()];
    await checkGradients(
      ([x, ...given]) => {
        const known = new Map(specs.map(({ name }, i) => [name, given[i]]));
        const p = new Scope(({ name }) => known.get(name)!, "norm");
        return residualNorm(p, x, { epsilon: 1e-6, variant });
      },
      [
        randomArray("f64", [2, WIDTH], 3),
        ...specs.map(({ shape }, i) => randomArray("f64", shape, 4 + i)),
      ],
    );
  });
});

it("starts as RMSNorm where the variant allows it", async () => {
  const x = input("x", "f32", [1, WIDTH]);
  const row = fromValues("f32", [1, WIDTH], [1, -2, 3, 0.5, -1, 30]);
  const fresh = async (variant?: NormVariant) => {
    const { root, specs } = createParameters("f32");
    const y = residualNorm(root.in("norm"), x, { epsilon: 1e-6, variant });
    const weights = initialise(specs.values(), 1);
    return values(await evaluateOne(y, { x: row }, { parameters: Object.fromEntries(weights) }));
  };
  const plain = await fresh();
  expect(await fresh({ kind: "pre-affine" })).toEqual(plain);
  const gated = await fresh({ kind: "gated", rank: 2, scale: 2 });
  gated.forEach((value, i) => {
    expect(value).toBeCloseTo(plain[i], 6);
  });
  const clipped = await fresh({ kind: "clipped", limit: 1.5 });
  expect(Math.max(...clipped)).toBeLessThan(Math.max(...plain));
});
