/** Quantised products against a plain reference, and fused kernels against decompositions. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type BlockLayout,
  blockGather,
  blockMatmul,
  blockShapes,
  dim,
  expandDims,
  fromValues,
  grad,
  input,
  iota,
  matmul,
  mul,
  type NDArray,
  parameter,
  rowMatmul,
  slice,
  sum,
  type Tensor,
  toValues,
} from "../../src/graph/index.ts";
import { checkFused, evaluate, evaluateOne, expectClose, randomArray, trace } from "./support.ts";

const bytes = (shape: readonly number[], seed: number) => randomArray("u8", shape, seed, 0, 256);

/** Number i of packed bytes. */
const numberAt = (data: ArrayLike<number>, bits: number, i: number): number =>
  bits === 8 ? data[i] : (data[i >> 1] >> (4 * (i & 1))) & 15;

/** [outputs, inputs] as the definition has it, number by number. */
function reference(
  packed: NDArray,
  scales: NDArray,
  zeros: NDArray | undefined,
  [outputs, inputs]: readonly [number, number],
  { bits, block }: BlockLayout,
): number[][] {
  const data = packed.data as Uint8Array;
  const blocks = Math.ceil(inputs / block);
  return Array.from({ length: outputs }, (_, n) =>
    Array.from({ length: inputs }, (__, k) => {
      const b = Math.floor(k / block);
      const rowBytes = zeros ? zeros.shape[1] : 0;
      const zero = zeros
        ? numberAt((zeros.data as Uint8Array).subarray(n * rowBytes), bits, b)
        : 2 ** (bits - 1);
      const q = numberAt(data, bits, n * blocks * block + k);
      return (q - zero) * Number(scales.data[n * blocks + b]);
    }),
  );
}

const layouts = fc.record({
  bits: fc.constantFrom(4 as const, 8 as const),
  block: fc.constantFrom(16, 32, 128),
  outputs: fc.integer({ min: 1, max: 9 }),
  inputs: fc.integer({ min: 1, max: 300 }),
  hasZeros: fc.boolean(),
  seed: fc.integer({ min: 1, max: 1e6 }),
});

function weightOf({ outputs, inputs, hasZeros, seed, ...layout }: BlockLayout & Case) {
  const shapes = blockShapes(outputs, inputs, layout);
  const packed = bytes(shapes.packed, seed);
  const scales = randomArray("f32", shapes.scales, seed + 1, -0.1, 0.1);
  return { packed, scales, zeros: hasZeros ? bytes(shapes.zeros, seed + 2) : undefined };
}

interface Case {
  readonly outputs: number;
  readonly inputs: number;
  readonly hasZeros: boolean;
  readonly seed: number;
}

describe("blockMatmul", () => {
  it("multiplies by (q - zero) · scale, fused and decomposed", () =>
    fc.assert(
      fc.asyncProperty(layouts, async (c) => {
        const { packed, scales, zeros } = weightOf(c);
        const x = randomArray("f32", [3, c.inputs], c.seed + 3);
        const y = await checkFused(
          ([t, p, s, z]: Tensor[]) =>
            blockMatmul(t, { packed: p, scales: s, zeros: z }, { ...c, exact: true }),
          [x, packed, scales, ...(zeros ? [zeros] : [])],
          { rtol: 1e-5, atol: 1e-4 },
        );
        const w = reference(packed, scales, zeros, [c.outputs, c.inputs], c);
        const expected = [0, 1, 2].flatMap((row) =>
          w.map((line) => line.reduce((t, v, k) => t + v * Number(x.data[row * c.inputs + k]), 0)),
        );
        const shape = [3, c.outputs];
        expectClose(y.y, fromValues("f32", shape, expected), { rtol: 1e-5, atol: 2e-4 });
      }),
      { numRuns: 12 },
    ));

  it.each([4, 8] as const)(
    "of %i-bit weights, packed by the engine, to a percent",
    async (bits) => {
      const c = { bits, block: 32, outputs: 16, inputs: 256, hasZeros: false, seed: 5 } as const;
      const { packed, scales } = weightOf(c);
      const x = randomArray("f32", [4, 256], 6);
      // As parameters: only those are packed, and only then does the engine round activations.
      const weight = {
        packed: parameter("p", "u8", blockShapes(16, 256, c).packed),
        scales: parameter("s", "f32", blockShapes(16, 256, c).scales),
      };
      const run = (exact: boolean) =>
        evaluateOne(
          blockMatmul(input("x", "f32", [dim("rows"), 256]), weight, { ...c, exact }),
          { x },
          { parameters: { p: packed, s: scales } },
        );
      const w = reference(packed, scales, undefined, [16, 256], c);
      const expected = [0, 1, 2, 3].flatMap((row) =>
        w.map((line) => line.reduce((t, v, k) => t + v * Number(x.data[row * 256 + k]), 0)),
      );
      const exact = await run(true);
      expectClose(exact, fromValues("f32", [4, 16], expected), { rtol: 1e-5, atol: 1e-3 });
      const norm = (values: number[]) => Math.hypot(...values);
      const fast = toValues(await run(false));
      const difference = norm(fast.map((v, i) => v - expected[i])) / norm(expected);
      expect(difference).toBeLessThan(0.01);
      expect(difference).toBeGreaterThan(1e-5); // the switch switches
    },
  );

  it("lets gradients through to the activations", async () => {
    const c = { bits: 4, block: 16, outputs: 3, inputs: 20, hasZeros: true, seed: 9 } as const;
    const { packed, scales, zeros } = weightOf(c);
    const x = input("x", "f32", [2, 20]);
    const weight = {
      packed: input("p", "u8", packed.shape),
      scales: input("s", "f32", scales.shape),
      zeros: input("z", "u8", zeros!.shape),
    };
    const [dx] = grad(sum(blockMatmul(x, weight, c)), [x]);
    const feeds = { x: randomArray("f32", [2, 20], 1), p: packed, s: scales, z: zeros! };
    const w = reference(packed, scales, zeros, [3, 20], c);
    const row = Array.from({ length: 20 }, (_, k) => w.reduce((t, line) => t + line[k], 0));
    const found = await evaluateOne(dx, feeds, { inputs: [x] });
    expectClose(found, fromValues("f32", [2, 20], [...row, ...row]), { atol: 1e-5 });
  });

  it("takes the weight apart for gradients, group by group of rows, and late", async () => {
    // Two groups: 2^24 numbers are held at a time. Inputs that are no multiple of the block.
    const c = {
      bits: 4,
      block: 256,
      outputs: 33000,
      inputs: 520,
      hasZeros: false,
      seed: 4,
    } as const;
    const { packed, scales } = weightOf(c);
    const x = input("x", "f32", [dim("rows"), 520]);
    const weight = {
      packed: parameter("p", "u8", packed.shape),
      scales: parameter("s", "f32", scales.shape),
    };
    const y = blockMatmul(x, weight, { ...c, exact: true });
    const t = input("g", "f32", [33000]);
    const [dx] = grad(sum(mul(y, t)), [x]);
    const rows = { ...packed, shape: blockShapes(33000, 520, c).rows };
    const table = { packed: parameter("r", "u8", rows.shape), scales: weight.scales };
    const all = blockGather(table, iota(33000), c); // [33000, 768]
    const found = await evaluate(
      { dx, expected: slice(matmul(expandDims(t, 0), all), 1, 0, 520) },
      { x: randomArray("f32", [1, 520], 1), g: randomArray("f32", [33000], 8) },
      { inputs: [x], parameters: { p: packed, s: scales, r: rows } },
    );
    expectClose(found.dx, found.expected, { rtol: 1e-4, atol: 1e-3 });
    const { provenance } = trace({ y, dx }, true, [x]);
    const count = (op: string) => [...provenance.keys()].filter((n) => n.startsWith(op)).length;
    expect([count("MatMulNBits"), count("DequantizeLinear")]).toEqual([1, 4]); // halves of bytes
  });

  it("names the part that does not fit", () => {
    const x = input("x", "f32", [2, 64]);
    const weight = { packed: input("p", "u8", [8, 4, 16]), scales: input("s", "f32", [8, 2]) };
    expect(() => blockMatmul(x, weight, { bits: 4, block: 32 })).toThrow(
      /blockMatmul: operand is not of shape \[8, 2, 16\]: p u8 \[8, 4, 16\]/,
    );
  });
});

describe("blockGather", () => {
  it("gives the rows that blockMatmul multiplies by", () =>
    fc.assert(
      fc.asyncProperty(layouts, fc.integer({ min: 1, max: 4 }), async (c, count) => {
        const inputs = c.block * count;
        const { packed, scales, zeros } = weightOf({ ...c, inputs });
        const rows = { ...packed, shape: blockShapes(c.outputs, inputs, c).rows };
        const indices = fromValues("i64", [2, 2], [0, c.outputs - 1, 0, c.outputs >> 1]);
        const y = await checkFused(
          ([i, p, s, z]: Tensor[]) => blockGather({ packed: p, scales: s, zeros: z }, i, c),
          [indices, rows, scales, ...(zeros ? [zeros] : [])],
        );
        const w = reference(packed, scales, zeros, [c.outputs, inputs], c);
        const expected = toValues(indices).flatMap((i) => w[i]);
        expectClose(y.y, fromValues("f32", [2, 2, inputs], expected));
      }),
      { numRuns: 12 },
    ));
});

describe("rowMatmul", () => {
  const [inputs, outputs] = [70, 9];
  const weight = randomArray("i8", [inputs, outputs], 1, -127, 128);
  const scales = randomArray("f32", [outputs], 2, 0.001, 0.01);
  // A token of zeros, one with an outlier, and a plain one.
  const x = randomArray("f32", [3, inputs], 3);
  (x.data as Float32Array).fill(0, 0, inputs);
  x.data[inputs + 4] = 300;

  it("multiplies integers exactly, fused as decomposed", async () => {
    const { y } = await checkFused(
      ([t, w, s]: Tensor[]) => rowMatmul(t, w, s),
      [x, weight, scales],
      { rtol: 1e-5, atol: 1e-4 },
    );
    expect(toValues(y).slice(0, outputs)).toEqual(new Array(outputs).fill(0));
    const expected: number[] = [];
    for (let r = 0; r < 3; r++) {
      const row = Array.from(x.data.subarray(r * inputs, (r + 1) * inputs), Number);
      const step = Math.max(...row.map(Math.abs)) / 127 || 1;
      for (let n = 0; n < outputs; n++) {
        const dot = row.reduce(
          (t, v, k) => t + Math.round(v / step) * Number(weight.data[k * outputs + n]),
          0,
        );
        expected.push(dot * step * Number(scales.data[n]));
      }
    }
    expectClose(y, fromValues("f32", [3, outputs], expected), { rtol: 1e-4, atol: 1e-3 });
  });

  it("gives every row of a batch its own scale", async () => {
    const sizes = Array.from({ length: 6 }, (_, i) => 10 ** (i - 3));
    const rows = randomArray("f32", [2, 3, inputs], 8);
    rows.data.forEach((v, i) => {
      rows.data[i] = Number(v) * sizes[Math.floor(i / inputs)];
    });
    const t = input("x", "f32", [dim("batch"), dim("seq"), inputs]);
    const y = rowMatmul(t, input("w", "i8", weight.shape), input("s", "f32", scales.shape));
    const found = await evaluateOne(y, { x: rows, w: weight, s: scales }, { inputs: [t] });
    for (const [i, size] of sizes.entries()) {
      const row = Array.from(rows.data.subarray(i * inputs, (i + 1) * inputs), Number);
      const expected = Array.from({ length: outputs }, (_, n) =>
        row.reduce((sum, v, k) => sum + v * Number(weight.data[k * outputs + n]), 0),
      ).map((sum, n) => sum * Number(scales.data[n]));
      const part = toValues(found).slice(i * outputs, (i + 1) * outputs);
      part.forEach((v, n) => {
        expect(Math.abs(v - expected[n])).toBeLessThan(0.1 * size);
      });
      expect(part.some((v) => Math.abs(v) > size)).toBe(true);
    }
  });

  it("rounds an activation once for all its products", () => {
    const t = input("x", "f32", [dim("batch"), dim("seq"), inputs]);
    const [w, s] = [input("w", "i8", weight.shape), input("s", "f32", scales.shape)];
    const { provenance } = trace({ a: rowMatmul(t, w, s), b: rowMatmul(t, w, s) });
    const nodes = [...provenance.keys()];
    expect(nodes.filter((name) => name.startsWith("QuantizeLinear"))).toHaveLength(1);
    expect(nodes.filter((name) => name.startsWith("MatMulIntegerToFloat"))).toHaveLength(2);
  });

  it("has the gradient of the product in numbers", async () => {
    const t = input("x", "f32", x.shape);
    const y = rowMatmul(t, input("w", "i8", weight.shape), input("s", "f32", scales.shape));
    const [dx] = grad(sum(y), [t]);
    const found = await evaluate({ dx }, { x, w: weight, s: scales }, { inputs: [t] });
    const row = Array.from({ length: inputs }, (_, k) => {
      const of = (n: number) => Number(weight.data[k * outputs + n]) * Number(scales.data[n]);
      return Array.from({ length: outputs }, (__, n) => of(n)).reduce((a, b) => a + b, 0);
    });
    expectClose(found.dx, fromValues("f32", [3, inputs], [...row, ...row, ...row]), { atol: 1e-5 });
  });
});
