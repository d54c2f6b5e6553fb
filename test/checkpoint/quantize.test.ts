/** What quantisation stores, against the definition and against what it may lose. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  createBlocks,
  createColumns,
  dequantizeBlocks,
  dequantizeColumns,
  quantizeBlocks,
  quantizeColumns,
} from "../../src/checkpoint/quantize.ts";
import { randomArray } from "../graph/support.ts";

const cases = fc.record({
  bits: fc.constantFrom(4 as const, 8 as const),
  block: fc.constantFrom(16, 32, 128),
  outputs: fc.integer({ min: 1, max: 7 }),
  inputs: fc.integer({ min: 1, max: 200 }),
  hasZeros: fc.boolean(),
  seed: fc.integer({ min: 1, max: 1e6 }),
});

describe("quantizeBlocks", () => {
  it("stays within a step of every number", () =>
    fc.assert(
      fc.property(cases, ({ outputs, inputs, hasZeros, seed, ...layout }) => {
        const rows = randomArray("f32", [outputs, inputs], seed).data as Float32Array;
        const target = createBlocks(outputs, inputs, layout, hasZeros);
        quantizeBlocks(rows, inputs, target, 0, layout);
        const back = dequantizeBlocks(target, inputs, layout).data;
        const blocks = Math.ceil(inputs / layout.block);
        const wrong = rows.findIndex((value, i) => {
          const row = Math.floor(i / inputs);
          const b = Math.floor((i % inputs) / layout.block);
          const step = Math.abs(Number(target.scales.data[row * blocks + b]));
          return !(Math.abs(Number(back[i]) - value) <= 1.6 * step + 1e-6);
        });
        expect(wrong).toBe(-1);
      }),
    ));

  it.each([
    [4, false],
    [4, true],
    [8, false],
    [8, true],
  ] as const)(
    "gives numbers on the grid back exactly: %i bits, zero points %s",
    (bits, hasZeros) => {
      const layout = { bits, block: 16 };
      const [half, top] = [2 ** (bits - 1), 2 ** bits - 1];
      // Two blocks that use the whole range: [-half, half) · 0.5, or [0, top] · 0.5 shifted.
      const grid = Array.from({ length: 32 }, (_, i) => {
        const q = i % 16 === 0 ? 0 : i % 16 === 1 ? top : (i * 7) % (top + 1);
        return (q - (hasZeros ? 3 : half)) * 0.5;
      });
      const target = createBlocks(1, 32, layout, hasZeros);
      quantizeBlocks(new Float32Array(grid), 32, target, 0, layout);
      expect(Array.from(dequantizeBlocks(target, 32, layout).data, Number)).toEqual(grid);
    },
  );

  it("puts even inputs into the low halves of bytes, and later rows behind", () => {
    const layout = { bits: 4, block: 16 } as const;
    const target = createBlocks(2, 16, layout, false);
    const row = Float32Array.from({ length: 16 }, (_, i) => i - 8);
    quantizeBlocks(row, 16, target, 1, layout);
    expect(Array.from(target.packed.data.subarray(8), Number)).toEqual(
      Array.from({ length: 8 }, (_, i) => 2 * i + 16 * (2 * i + 1)),
    );
    expect(Array.from(target.packed.data.subarray(0, 8), Number)).toEqual(new Array(8).fill(0));
    expect(target.scales.data[1]).toBe(1);
  });

  it("searching loses less than the step of the largest number alone", () => {
    const layout = { bits: 4, block: 32 } as const;
    const next = randomArray("f32", [64, 64], 3).data as Float32Array;
    const rows = next.map((v) => v * v * v); // heavy tails, as weights have
    const target = createBlocks(64, 64, layout, false);
    quantizeBlocks(rows, 64, target, 0, layout);
    const back = dequantizeBlocks(target, 64, layout).data;
    let [error, plain] = [0, 0];
    for (let start = 0; start < rows.length; start += 32) {
      const block = rows.subarray(start, start + 32);
      const extreme = block.reduce((m, v) => (Math.abs(v) > Math.abs(m) ? v : m));
      block.forEach((value, i) => {
        const q = Math.min(Math.max(Math.round((value * -8) / extreme), -8), 7);
        plain += (value - (q * extreme) / -8) ** 2;
        error += (value - Number(back[start + i])) ** 2;
      });
    }
    expect(error).toBeLessThan(0.95 * plain);
  });

  it("zeros and rows that are not numbers do not spoil others", () => {
    const layout = { bits: 4, block: 16 } as const;
    const rows = new Float32Array(48).fill(1);
    rows.fill(0, 0, 16);
    rows[20] = Number.POSITIVE_INFINITY;
    for (const hasZeros of [false, true]) {
      const target = createBlocks(3, 16, layout, hasZeros);
      quantizeBlocks(rows, 16, target, 0, layout);
      const back = Array.from(dequantizeBlocks(target, 16, layout).data, Number);
      expect(back.slice(0, 16)).toEqual(new Array(16).fill(0));
      expect(back.every(Number.isFinite)).toBe(true);
      expect(back.slice(32)).toEqual(new Array(16).fill(1));
    }
  });
});

it("quantizeColumns transposes and keeps a scale for each output", () => {
  const [outputs, inputs] = [130, 9];
  const rows = randomArray("f32", [outputs, inputs], 1).data as Float32Array;
  rows.fill(0, 0, inputs);
  const target = createColumns(outputs, inputs);
  quantizeColumns(rows.subarray(0, 70 * inputs), inputs, target, 0);
  quantizeColumns(rows.subarray(70 * inputs), inputs, target, 70);
  const back = dequantizeColumns(target).data;
  rows.forEach((value, i) => {
    const scale = Number(target.scales.data[Math.floor(i / inputs)]);
    expect(Math.abs(Number(back[i]) - value)).toBeLessThanOrEqual(scale / 2 + 1e-7);
  });
  const row = Array.from(rows.subarray(inputs, 2 * inputs), Number);
  const scale = Math.max(...row.map(Math.abs)) / 127;
  expect(Array.from({ length: inputs }, (_, k) => target.columns.data[k * outputs + 1])).toEqual(
    row.map((v) => Math.round(v / scale)),
  );
});
