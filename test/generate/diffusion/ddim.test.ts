/** Schedules and sampling against diffusers (reference/ddim.py), and by hand. */

import { describe, expect, test } from "vitest";
import {
  createNoiseSchedule,
  type Denoiser,
  ddimTimesteps,
  errorWeight,
  guided,
  noiseBatch,
  sampleDdim,
} from "../../../src/generate/index.ts";
import { createRandom } from "../../../src/nn/random.ts";
import { readFixture } from "../../graph/support.ts";

const { arrays } = await readFixture("generate/ddim");
const values = (name: string): number[] =>
  Array.from(arrays[name]!.data as ArrayLike<number | bigint>, Number);

describe.each([
  { name: "squaredcos_cap_v2", kind: "cosine", trained: 1000, steps: 50 },
  { name: "squaredcos_cap_v2", kind: "cosine", trained: 100, steps: 7 },
  { name: "linear", kind: "linear", trained: 1000, steps: 20 },
] as const)("diffusers' $name, $steps of $trained steps", ({ name, kind, trained, steps }) => {
  const key = `${name} ${trained} ${steps}`;
  const schedule = createNoiseSchedule({ kind, steps: trained });

  test("what is left of the sample", () => {
    for (const [t, expected] of values(`${key}/signal`).entries()) {
      // diffusers multiplies a thousand f32 numbers.
      expect(Math.abs(schedule.signal[t]! / expected - 1)).toBeLessThan(1e-4);
    }
  });

  test("every step of sampling", async () => {
    expect(ddimTimesteps(schedule, steps)).toEqual(values(`${key}/timesteps`));
    const seen: number[][] = [];
    const denoise: Denoiser = async (x, t) => {
      seen.push(Array.from(x));
      return x.map((value) => 0.3 * value + Math.cos(t));
    };
    const found = await sampleDdim(denoise, { schedule, size: 6, steps, seed: 3 });
    const start = seen[0]!;
    const at = (rows: number[], i: number, noise: number): number =>
      rows[2 * i]! + noise * (rows[2 * i + 1]! - rows[2 * i]!);
    for (const [i, row] of seen.entries()) {
      for (const [j, x] of row.entries()) {
        expect(x).toBeCloseTo(at(values(`${key}/seen`), i, start[j]!), 4);
      }
    }
    for (const [j, x] of found.entries()) {
      expect(x).toBeCloseTo(at(values(`${key}/clean`), 0, start[j]!), 4);
    }
  });

  test("noise to train with", () => {
    const t = Math.floor(trained / 3);
    const noises = [1, 0.25];
    const random = { ...createRandom(1), below: () => t, normal: () => noises.shift()! };
    const { noisy } = noiseBatch(schedule, Float32Array.of(0.5, -2), 1, random);
    for (const [i, x] of values(`${key}/noisy`).entries()) expect(noisy[i]).toBeCloseTo(x, 5);
  });
});

describe("sampling", () => {
  const schedule = createNoiseSchedule();
  const target = Float32Array.of(1, -2, 3);
  const perfect: Denoiser = async () => target;

  test("ends at what the denoiser says, in a buffer of its own", async () => {
    const found = await sampleDdim(perfect, { schedule, size: 3 });
    expect(found).toEqual(target);
    expect(found).not.toBe(target);
  });

  test("the same seed gives the same, another one another", async () => {
    const half: Denoiser = async (x) => x.map((value) => value / 2);
    const draw = (seed: number) => sampleDdim(half, { schedule, size: 4, steps: 5, seed });
    expect(await draw(1)).toEqual(await draw(1));
    expect(await draw(1)).not.toEqual(await draw(2));
  });

  test("a denoiser that knows a normal distribution samples from it", async () => {
    // For x_0 of N(m, s²): E[x_0 | x_t] = m + √ᾱ s² (x_t - √ᾱ m) / (ᾱ s² + 1 - ᾱ).
    const [m, s] = [2, 0.5];
    const expectation: Denoiser = async (x, t) => {
      const a = schedule.signal[t]!;
      return x.map(
        (v) => m + (Math.sqrt(a) * s * s * (v - Math.sqrt(a) * m)) / (a * s * s + 1 - a),
      );
    };
    const size = 20_000;
    const found = await sampleDdim(expectation, { schedule, size, steps: 250, seed: 8 });
    const mean = found.reduce((sum, v) => sum + v, 0) / size;
    const deviation = Math.sqrt(found.reduce((sum, v) => sum + (v - mean) ** 2, 0) / size);
    expect(Math.abs(mean - m)).toBeLessThan(0.02);
    expect(Math.abs(deviation - s)).toBeLessThan(0.02);
  });

  test("known values are in every x_t and in the result", async () => {
    const known = { values: Float32Array.of(9, 0, 0), mask: Uint8Array.of(1, 0, 0) };
    const seen: number[] = [];
    const denoise: Denoiser = async (x) => {
      seen.push(x[0]!);
      return target;
    };
    const found = await sampleDdim(denoise, { schedule, size: 3, steps: 4, known });
    expect(seen).toEqual([9, 9, 9, 9]);
    expect([...found]).toEqual([9, -2, 3]);
  });

  test("guidance goes beyond the condition, away from the rest", async () => {
    const both: Denoiser = async () => Float32Array.of(2, 4, 1, 8);
    expect([...(await guided(both, 3)(new Float32Array(2), 0))]).toEqual([5, -8]);
    expect([...(await guided(both, 0)(new Float32Array(2), 0))]).toEqual([2, 4]);
  });

  test("errors", async () => {
    const known = { values: new Float32Array(2), mask: new Uint8Array(3) };
    const rejects = (denoise: Denoiser, options: object) =>
      expect(sampleDdim(denoise, { schedule, size: 3, ...options })).rejects;
    await rejects(perfect, { steps: 1001 }).toThrow("from 1 to the schedule's 1000");
    await rejects(perfect, { known }).toThrow("2 known values and 3 marks, expected 3 of each");
    await rejects(async () => new Float32Array(4), {}).toThrow("gave 4 values, expected 3");
    await rejects(guided(perfect, 1), {}).toThrow("gave 3 values for 3");
    await rejects(perfect, { signal: AbortSignal.abort(new Error("enough")) }).toThrow("enough");
    expect(() => createNoiseSchedule({ steps: 0 })).toThrow("steps is 0");
  });
});

describe("noise to train with", () => {
  test("weights are √(SNR + 1)", () => {
    const schedule = createNoiseSchedule();
    for (const t of [0, 500, 999]) {
      const snr = schedule.signal[t]! / (1 - schedule.signal[t]!);
      expect(errorWeight(schedule, t) / Math.sqrt(snr + 1)).toBeCloseTo(1, 10);
    }
  });

  test("each row has a step of its own, known values stay", () => {
    const schedule = createNoiseSchedule();
    const clean = new Float32Array(400).fill(3);
    const known = new Uint8Array(400).map((_, i) => (i % 2 === 0 ? 1 : 0));
    const { noisy, timesteps, weights } = noiseBatch(schedule, clean, 100, createRandom(1), known);
    expect(new Set(timesteps).size).toBeGreaterThan(80);
    for (const [row, t] of timesteps.entries()) {
      expect(weights[row]).toBeCloseTo(errorWeight(schedule, t), 3);
    }
    for (const [i, value] of noisy.entries()) expect(value === 3).toBe(known[i] === 1);
    expect(() => noiseBatch(schedule, clean, 3, createRandom(1))).toThrow("not 3 rows of one size");
  });
});
