import * as fc from "fast-check";
import { expect, it } from "vitest";
import { createWasmMemory } from "../../src/runtime/wasm-assembler.ts";
import { createKernels } from "../../src/train/kernels.ts";

const memory = createWasmMemory(65_536);
const kernels = createKernels(memory);
const lengths = fc.integer({ min: 0, max: 24 }).map((n) => 4 * n);

/** Four arrays of `count` floats one behind the other from `start`, and a guard behind them. */
function arrays(count: number, start: number, seed: number) {
  const all = new Float32Array(memory.buffer);
  for (let i = 0; i < all.length; i++) all[i] = ((i * 7919 + seed * 31) % 6007) / 1000 - 3;
  const at = (k: number): number => start + k * count * 4;
  const view = (k: number): Float32Array => new Float32Array(memory.buffer, at(k), count);
  const end = at(4) / 4;
  return { at, view, all, before: all.slice(0, start / 4), after: all.slice(end), end };
}

const isSame = (a: Float32Array, b: Float32Array): boolean =>
  Buffer.compare(Buffer.from(a.buffer), Buffer.from(b.buffer)) === 0;

const close = (actual: Float32Array, expected: number[], scale = 1): void => {
  expect(actual.length).toBe(expected.length);
  const wrong = expected.findIndex(
    (x, i) => !(Math.abs(actual[i] - x) <= 1e-6 * Math.max(scale, Math.abs(x))),
  );
  expect(wrong).toBe(-1);
};

it("adamw equals the formula in float64, and touches nothing else", () => {
  fc.assert(
    fc.property(lengths, fc.nat(1000), fc.nat(9), (count, seed, offset) => {
      const { at, view, all, before, after, end } = arrays(count, 64 * offset, seed);
      const [p, g, m] = [0, 1, 2].map((k) => Array.from(view(k)));
      const v = Array.from(view(3), Math.abs);
      view(3).set(v);
      const [scale, beta1, beta2, keep, rate, root, epsilon] = [
        0.7, 0.9, 0.999, 0.99, 0.1, 2, 1e-8,
      ];
      kernels.adamw(
        ...([at(0), at(1), at(2), at(3), count * 4] as const),
        ...([scale, beta1, beta2, 1 - beta1, 1 - beta2, keep, rate, root, epsilon] as const),
      );
      const means = m.map((x, i) => beta1 * x + (1 - beta1) * scale * g[i]);
      const squares = v.map((x, i) => beta2 * x + (1 - beta2) * (scale * g[i]) ** 2);
      const moved = p.map(
        (x, i) => keep * x - (rate * means[i]) / (Math.sqrt(squares[i]) * root + epsilon),
      );
      close(view(2), means);
      close(view(3), squares);
      // A float32 root of a small square is off by more than the parameter's own rounding.
      close(view(0), moved, 10);
      expect(Array.from(view(1))).toEqual(g);
      expect(isSame(all.slice(0, before.length), before)).toBe(true);
      expect(isSame(all.slice(end), after)).toBe(true);
    }),
    { numRuns: 40 },
  );
});

it("a second moment keeps a beta2 close to 1 exact", () => {
  const { at, view } = arrays(4, 0, 1);
  for (const k of [0, 2, 3]) view(k).fill(0);
  view(1).fill(1);
  const beta2 = 0.9999;
  kernels.adamw(at(0), at(1), at(2), at(3), 16, 1, 0.9, beta2, 0.1, 1 - beta2, 1, 0, 1, 1e-8);
  // 1 - f32(0.9999) is 1.0001659e-4.
  close(
    view(3),
    [1, 1, 1, 1].map((x) => x * (1 - beta2)),
    1e-4,
  );
});

it("sumSquares adds up in float64", () => {
  fc.assert(
    fc.property(lengths, fc.nat(1000), (count, seed) => {
      const { at, view } = arrays(count, 128, seed);
      const expected = view(0).reduce((sum, x) => sum + x * x, 0);
      expect(kernels.sumSquares(at(0), count * 4)).toBeCloseTo(expected, 9);
    }),
    { numRuns: 40 },
  );
  const { view } = arrays(8, 0, 1);
  view(0).set([3e25, 4e25, 0, 0, 1e-3, 0, 0, 0]); // beyond float32 when squared
  expect(Math.sqrt(kernels.sumSquares(0, 32))).toBeCloseTo(5e25, -20);
  view(0).set([0, 0, 0, 0, 0, Number.NaN, 0, 0]);
  expect(kernels.sumSquares(0, 32)).toBeNaN();
});

it("addInto adds, elementwise and no further", () => {
  fc.assert(
    fc.property(lengths, fc.nat(1000), (count, seed) => {
      const { at, view, all, after, end } = arrays(count, 0, seed);
      const [a, b] = [view(0).slice(), view(1).slice()];
      kernels.addInto(at(0), at(1), count * 4);
      expect(view(0)).toEqual(a.map((x, i) => x + b[i]));
      expect(view(1)).toEqual(b);
      expect(isSame(all.slice(end), after)).toBe(true);
    }),
    { numRuns: 40 },
  );
});

const close4 = (view: Float32Array, expected: number[]): void => close(view, expected, 10);

it("lion equals the formula in float64, and touches nothing else", () => {
  fc.assert(
    fc.property(lengths, fc.nat(1000), (count, seed) => {
      const { at, view, all, after, end } = arrays(count, 64, seed);
      const [p, g, m] = [0, 1, 2].map((k) => Array.from(view(k)));
      if (count > 0) view(1)[0] = view(2)[0] = g[0] = m[0] = 0; // the sign of 0 is 0
      const [scale, beta1, beta2, keep, rate] = [0.7, 0.9, 0.99, 0.98, 0.1];
      kernels.lion(
        ...([at(0), at(1), at(2), count * 4] as const),
        ...([scale, beta1, beta2, 1 - beta1, 1 - beta2, keep, rate] as const),
      );
      const direction = m.map((x, i) => beta1 * x + (1 - beta1) * scale * g[i]);
      close4(
        view(0),
        p.map((x, i) => keep * x - rate * Math.sign(direction[i])),
      );
      close4(
        view(2),
        m.map((x, i) => beta2 * x + (1 - beta2) * scale * g[i]),
      );
      expect(Array.from(view(1))).toEqual(g);
      expect(isSame(all.slice(end), after)).toBe(true);
    }),
    { numRuns: 40 },
  );
});

it.each([
  ["plain", 1, 0],
  ["Nesterov", 0.8, 1],
])("sgd with %s momentum equals the formula in float64", (_, ahead, own) => {
  fc.assert(
    fc.property(lengths, fc.nat(1000), (count, seed) => {
      const { at, view } = arrays(count, 64, seed);
      const [p, g, m] = [0, 1, 2].map((k) => Array.from(view(k)));
      const [scale, momentum, keep, rate] = [0.7, 0.8, 0.98, 0.1];
      kernels.sgd(
        ...([at(0), at(1), at(2), count * 4] as const),
        ...([scale, momentum, ahead, own, keep, rate] as const),
      );
      const moments = m.map((x, i) => momentum * x + scale * g[i]);
      close4(view(2), moments);
      close4(
        view(0),
        p.map((x, i) => keep * x - rate * (ahead * moments[i] + own * scale * g[i])),
      );
    }),
    { numRuns: 40 },
  );
});

it("mix moves one array towards another", () => {
  fc.assert(
    fc.property(lengths, fc.nat(1000), (count, seed) => {
      const { at, view } = arrays(count, 64, seed);
      const [a, b] = [0, 1].map((k) => Array.from(view(k)));
      kernels.mix(at(0), at(1), count * 4, 0.9, 0.1);
      close4(
        view(0),
        a.map((x, i) => 0.9 * x + 0.1 * b[i]),
      );
    }),
    { numRuns: 40 },
  );
});
