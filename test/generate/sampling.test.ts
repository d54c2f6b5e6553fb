/** Processed logits against transformers' (reference/sampling.py), and against naive code. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/index.ts";
import {
  Candidates,
  createSampler,
  findCandidates,
  greedy,
  logSumExp,
  mergeSampling,
  type Sampling,
  TokenHistory,
  topLogprobs,
} from "../../src/generate/index.ts";
import { draw } from "../../src/generate/sampler.ts";
import { createRandom } from "../../src/nn/random.ts";

const folder = join(import.meta.dirname, "../fixtures/generate");
interface Case {
  readonly name: string;
  readonly input: "logits" | "ties";
  readonly [parameter: string]: unknown;
}
const { cases }: { cases: Case[] } = JSON.parse(
  readFileSync(join(folder, "sampling.json"), "utf8"),
);
const names: Record<string, keyof Sampling> = {
  repetition_penalty: "repetitionPenalty",
  presence_penalty: "presencePenalty",
  frequency_penalty: "frequencyPenalty",
  temperature: "temperature",
  top_k: "topK",
  top_p: "topP",
  min_p: "minP",
};
const plain: Sampling = { ...greedy, temperature: 1 };

/** Kept tokens at their ids, the others at -Infinity: transformers' form. */
function spread({ ids, values, count }: Candidates, vocab: number): number[] {
  const row = new Array<number>(vocab).fill(-Infinity);
  for (let i = 0; i < count; i++) row[ids[i]!] = values[i]! + 0;
  return row;
}

describe("transformers' processors", () => {
  test.each(cases)("$name", async ({ name, input, ...rest }) => {
    using stored = await openCheckpoint(join(folder, "sampling.safetensors"));
    const read = (key: string) => stored.read(key);
    const given = Object.entries(rest).flatMap(([key, value]) =>
      names[key] ? [[names[key], value]] : [],
    );
    const sampling = mergeSampling({ ...plain, ...Object.fromEntries(given) });
    const { shape, data } = read(input);
    const [rows, vocab] = shape as [number, number];
    const expected = read(`out/${name}`).data as Float32Array;
    const ids = (key: string, row: number): number[] => {
      const { data, shape } = read(key);
      const width = shape[1]!;
      return Array.from(data as BigInt64Array, Number).slice(row * width, (row + 1) * width);
    };
    const candidates = new Candidates(vocab);
    for (let row = 0; row < rows; row++) {
      const history = new TokenHistory(vocab);
      history.addPrompt(ids("prompt", row));
      for (const id of ids("generated", row)) history.addGenerated(id);
      const logits = (data as Float32Array).subarray(row * vocab, (row + 1) * vocab);
      const before = logits.slice();
      findCandidates(logits, sampling, { history }, candidates);
      // Bit for bit: the same f32 operations in the same order.
      expect(spread(candidates, vocab)).toEqual(
        Array.from(expected.subarray(row * vocab, (row + 1) * vocab), (x) => x + 0),
      );
      expect(logits).toEqual(before);
    }
  });
});

/** The same cut by sorting everything. */
function naive(logits: Float32Array, { temperature, topK, topP, minP }: Sampling): Set<number> {
  const values = logits.map((x) => x / Math.fround(temperature));
  let order = Array.from(values.keys()).filter((i) => values[i] !== -Infinity);
  order.sort((a, b) => values[b]! - values[a]! || b - a);
  if (topK > 0 && topK < order.length) {
    const least = values[order[topK - 1]!]!;
    order = order.filter((i) => values[i]! >= least);
  }
  const most = values[order[0]!]!;
  const weight = (i: number): number => Math.exp(values[i]! - most);
  const total = order.reduce((sum, i) => sum + weight(i), 0);
  let above = 0;
  if (topP < 1) {
    order = order.filter((i, place) => {
      const isKept = place === 0 || above < topP * total - 1e-12;
      above += weight(i);
      return isKept;
    });
  }
  return new Set(order.filter((i) => weight(i) >= minP));
}

test("any cut of any size keeps what sorting keeps", () => {
  // Halves make ties; sizes reach both the sorted and the histogram way.
  const row = fc
    .record({
      size: fc.integer({ min: 1, max: 1500 }),
      seed: fc.integer(),
      step: fc.constantFrom(0, 0.25, 2),
      spread: fc.double({ min: 0.01, max: 20, noNaN: true }),
    })
    .map(({ size, seed, step, spread }) => {
      const sampler = createRandomRow(seed, size, spread);
      return step === 0 ? sampler : sampler.map((x) => Math.round(x / step) * step);
    });
  const sampling = fc.record({
    temperature: fc.constantFrom(1, 0.6, 2.5),
    topK: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 1600 })),
    // Closer to 1, what is left out is as small as the rounding of the sum.
    topP: fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1 - 1e-9, noNaN: true })),
    minP: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1, noNaN: true })),
  });
  fc.assert(
    fc.property(row, sampling, (logits, settings) => {
      const all = { ...plain, ...settings };
      const candidates = new Candidates(logits.length);
      findCandidates(logits, all, {}, candidates);
      const kept = Array.from(candidates.ids.subarray(0, candidates.count));
      const expected = naive(logits, all);
      // Another order of summation may move the border of top-p by one token.
      const surplus = kept.filter((id) => !expected.has(id)).length;
      const missing = expected.size - (kept.length - surplus);
      expect(kept.length).toBeGreaterThan(0);
      expect(surplus + missing).toBeLessThanOrEqual(all.topP < 1 ? 1 : 0);
      expect(new Set(kept).size).toBe(kept.length);
    }),
    { numRuns: 300 },
  );
});

function createRandomRow(seed: number, size: number, spread: number): Float32Array {
  let state = seed >>> 0;
  return Float32Array.from({ length: size }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state / 2 ** 32 - 0.5) * spread;
  });
}

test("draws follow the processed distribution", () => {
  const logits = Float32Array.of(2, 1, 0.5, 0, -1, 3, -4, 1.5);
  const sampler = createSampler({ ...plain, temperature: 0.8 }, { vocabSize: 8, seed: 3 });
  const counts = new Array<number>(8).fill(0);
  const n = 20_000;
  for (let i = 0; i < n; i++) counts[sampler.pick(logits)]!++;
  const weights = Array.from(logits, (x) => Math.exp(x / 0.8));
  const total = weights.reduce((a, b) => a + b);
  const chi2 = counts.reduce((sum, count, i) => {
    const expected = (n * weights[i]!) / total;
    return sum + (count - expected) ** 2 / expected;
  }, 0);
  expect(chi2).toBeLessThan(24.3); // 99.9 % of the chi-squared distribution, 7 degrees
});

test("a seed fixes the choices, and another gives others", () => {
  const logits = Float32Array.from({ length: 50 }, (_, i) => Math.sin(i));
  const run = (seed?: number): number[] => {
    const sampler = createSampler(plain, { vocabSize: 50, seed });
    return Array.from({ length: 30 }, () => sampler.pick(logits));
  };
  expect(run(1)).toEqual(run(1));
  expect(run(1)).not.toEqual(run(2));
  expect(run()).not.toEqual(run());
});

test("plain sampling takes a shorter way to the same choices, and knows the normaliser", () => {
  const plain = { ...greedy, temperature: 1, topK: 0, topP: 1, minP: 0 };
  const random = createRandom(3, "logits");
  const fast = createSampler(plain, { vocabSize: 40, seed: 6 });
  const slow = createSampler(plain, { vocabSize: 40, seed: 6, bias: new Map([[0, 0]]) });
  const padded = createSampler(plain, { vocabSize: 40, usedVocab: 30, seed: 6 });
  for (let i = 0; i < 200; i++) {
    const logits = Float32Array.from({ length: 40 }, () => 8 * random.uniform() - 4);
    logits[i % 40] = -Infinity;
    expect(fast.pick(logits)).toBe(slow.pick(logits));
    expect(fast.normaliser).toBe(logSumExp(logits));
    expect(slow.normaliser).toBeUndefined();
    expect(padded.pick(logits)).toBeLessThan(30);
    expect(padded.normaliser).toBeUndefined();
  }
  const damaged = new Float32Array(40).fill(Number.NaN);
  expect(() => fast.pick(damaged)).toThrow("logits hold NaN");
});

test("draw never gives a token of weight zero, at either end", () => {
  const candidates = new Candidates(4);
  candidates.ids.set([7, 1, 2, 9]);
  candidates.weights.set([0, 0.25, 0.75, 0]);
  candidates.count = 4;
  expect(draw(candidates, 0)).toBe(1);
  expect(draw(candidates, 0.2499)).toBe(1);
  expect(draw(candidates, 0.25)).toBe(2);
  expect(draw(candidates, 1)).toBe(2);
});

test("ids beyond the tokenizer, and masked ones, are never chosen", () => {
  const logits = Float32Array.of(1, 5, 2, 9, 9);
  const options = { vocabSize: 5, usedVocab: 3, masked: Int32Array.of(1) };
  expect(createSampler(greedy, options).pick(logits)).toBe(2);
  const sampler = createSampler({ ...plain, topK: 1 }, { ...options, seed: 0 });
  expect(Array.from({ length: 20 }, () => sampler.pick(logits))).toEqual(new Array(20).fill(2));
});

test("greedy takes the first of the largest, after penalties", () => {
  const sampler = createSampler({ ...greedy, presencePenalty: 1.5 }, { vocabSize: 3 });
  const logits = Float32Array.of(1, 2, 2);
  expect(sampler.pick(logits)).toBe(1);
  sampler.addGenerated(1);
  expect(sampler.pick(logits)).toBe(2);
  sampler.addGenerated(2);
  expect(sampler.pick(logits)).toBe(0);
});

test("a temperature near 0 is greedy instead of overflowing", () => {
  const logits = Float32Array.of(100, 3e38, 2);
  expect(createSampler({ ...plain, temperature: 1e-40 }, { vocabSize: 3 }).pick(logits)).toBe(1);
});

test.each([
  ["NaN", Float32Array.of(1, Number.NaN)],
  ["Infinity", Float32Array.of(1, Infinity)],
  ["-Infinity", Float32Array.of(-Infinity, -Infinity)],
])("logits with %s are refused", (found, logits) => {
  for (const sampling of [greedy, plain]) {
    expect(() => createSampler(sampling, { vocabSize: 2 }).pick(logits)).toThrow(
      `the model's logits hold ${found}`,
    );
  }
});

test.each([
  [{ temperature: -1 }, "temperature must be at least 0"],
  [{ topK: 1.5 }, "topK must be an integer"],
  [{ topP: 1.1 }, "topP must be between 0 and 1"],
  [{ minP: Number.NaN }, "minP must be between 0 and 1"],
  [{ repetitionPenalty: 0 }, "repetitionPenalty must be above 0"],
  [{ presencePenalty: Infinity }, "presencePenalty must be finite"],
])("%o is refused", (wrong, message) => {
  expect(() => mergeSampling(wrong)).toThrow(message);
});

test("earlier sources win, undefined does not count", () => {
  const merged = mergeSampling(
    { topK: undefined, topP: 0.5 },
    { topK: 20, topP: 0.8 },
    { minP: 0.1 },
  );
  expect(merged).toEqual({ ...greedy, topP: 0.5, topK: 20, minP: 0.1 });
});

test("log-probabilities are those of the softmax, likeliest first", () => {
  const logits = Float32Array.of(0, 3, 1, 3, -2);
  const total = Array.from(logits, Math.exp).reduce((a, b) => a + b);
  expect(logSumExp(logits)).toBeCloseTo(Math.log(total), 12);
  const top = topLogprobs(logits, 3);
  expect(top.map(({ token }) => token)).toEqual([1, 3, 2]);
  expect(top[2]!.logprob).toBeCloseTo(1 - Math.log(total), 12);
  expect(topLogprobs(logits, 9)).toHaveLength(5);
  expect(topLogprobs(logits, 0)).toEqual([]);
});
