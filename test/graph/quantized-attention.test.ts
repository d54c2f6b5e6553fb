/** Attention over an 8-bit cache: kernels against decomposition, and against floats. */

import { describe, expect, it } from "vitest";
import * as g from "../../src/graph/index.ts";
import { dim, fromValues, input, type NDArray, toValues, zeros } from "../../src/graph/index.ts";
import { compile, evaluate, expectClose, randomArray } from "./support.ts";

const [HEADS, KV_HEADS, WIDTH, CAPACITY] = [4, 2, 16, 24];
const [batch, seq, capacity] = [dim("batch"), dim("seq"), dim("capacity")];

const row = (heads: number) => [batch, seq, heads, WIDTH];
const tensors = {
  q: input("q", "f32", row(HEADS)),
  k: input("k", "f32", row(KV_HEADS)),
  v: input("v", "f32", row(KV_HEADS)),
  key: input("key", "i8", [batch, KV_HEADS, capacity, WIDTH]),
  value: input("value", "i8", [batch, KV_HEADS, capacity, WIDTH]),
  past: input("past", "i32", [batch]),
  keyScale: input("keyScale", "f32", [KV_HEADS, WIDTH]),
  valueScale: input("valueScale", "f32", [KV_HEADS, WIDTH]),
};

function outputsOf(window: number) {
  const { q, k, v, key, value, past, keyScale, valueScale } = tensors;
  const scales = { key: keyScale, value: valueScale };
  const r = g.attention(q, k, v, { window, cache: { key, value, past, scales } });
  return { y: r.output, newKey: r.presentKey!, newValue: r.presentValue! };
}

/** Scales of channels that differ by 1 : 8. */
const scales = (seed: number): NDArray =>
  fromValues(
    "f32",
    [KV_HEADS, WIDTH],
    toValues(randomArray("f32", [KV_HEADS, WIDTH], seed)).map((x) => 0.01 * 8 ** Math.abs(x % 1)),
  );

function feedsOf(past: readonly number[], length: number, spread = 1) {
  const rows = past.length;
  const held = (seed: number): NDArray => {
    const floats = randomArray("f32", [rows, KV_HEADS, CAPACITY, WIDTH], seed);
    const bytes = toValues(floats).map((x, i) => {
      const at = Math.floor((i % (CAPACITY * WIDTH)) / WIDTH);
      const isValid = at < past[Math.floor(i / (KV_HEADS * CAPACITY * WIDTH))];
      return isValid ? Math.max(-127, Math.min(127, Math.round(50 * x))) : 0;
    });
    return fromValues("i8", floats.shape, bytes);
  };
  const floats = (heads: number, seed: number): NDArray => {
    const array = randomArray("f32", [rows, length, heads, WIDTH], seed);
    return fromValues(
      "f32",
      array.shape,
      toValues(array).map((x) => spread * x),
    );
  };
  return {
    q: floats(HEADS, 1),
    k: floats(KV_HEADS, 2),
    v: floats(KV_HEADS, 3),
    key: held(4),
    value: held(5),
    past: fromValues("i32", [rows], past),
    keyScale: scales(6),
    valueScale: scales(7),
  };
}

describe("attention over an 8-bit cache", () => {
  const cases = [
    ["one token", [6], 1],
    ["the first token", [0], 1],
    ["one token each of a ragged batch", [0, 5, 23], 1],
    ["a few tokens", [4], 7],
    ["a first prompt, widened", [0], 9],
    ["a chunk of a prompt, widened", [7], 12],
    ["up to the end of the cache, widened", [8], 16],
  ] as const;
  const all = cases.flatMap(([name, past, length]) =>
    [0, 3, 20].map((window) => [name, window, past, length] as const),
  );
  it.each(all)("%s, window %i: kernel = decomposition", async (_, window, past, length) => {
    const feeds = feedsOf(past, length);
    const fused = await evaluate(outputsOf(window), feeds);
    const plain = await evaluate(outputsOf(window), feeds, { fuse: false });
    expectClose(fused.y, plain.y, { rtol: 1e-4, atol: 2e-5 });
    for (const name of ["newKey", "newValue"] as const) {
      expect(toValues(fused[name]), name).toEqual(toValues(plain[name]));
    }
  });

  it("cuts off what exceeds 127 scales, alike on both paths", async () => {
    const feeds = feedsOf([2], 9, 100);
    const fused = await evaluate(outputsOf(0), feeds);
    const one = { ...feeds };
    for (const name of ["q", "k", "v"] as const) {
      const { shape, data } = feeds[name];
      const size = shape[2] * WIDTH;
      one[name] = fromValues("f32", [1, 1, shape[2], WIDTH], (data as Float32Array).slice(0, size));
    }
    const step = await evaluate(outputsOf(0), one);
    const [all, first] = [fused.newKey, step.newKey].map((a) => toValues(a) as number[]);
    const at = 2 * WIDTH; // row 2 of head 0
    expect(first.slice(at, at + WIDTH)).toEqual(all.slice(at, at + WIDTH));
    expect(Math.max(...all)).toBe(127);
    expect(Math.min(...all)).toBeGreaterThanOrEqual(-128);
  });

  it("is near attention over floats", async () => {
    const feeds = feedsOf([8], 12, 0.25);
    const widen = (name: "key" | "value", scale: NDArray): NDArray => {
      const factors = toValues(scale) as number[];
      const wide = (toValues(feeds[name]) as number[]).map((x, i) => {
        const head = Math.floor(i / (CAPACITY * WIDTH)) % KV_HEADS;
        return x * factors[head * WIDTH + (i % WIDTH)];
      });
      return fromValues("f32", feeds[name].shape, wide);
    };
    const { q, k, v, past } = tensors;
    const key = input("key", "f32", tensors.key.shape);
    const value = input("value", "f32", tensors.value.shape);
    const y = g.attention(q, k, v, { cache: { key, value, past } }).output;
    const wide = { key: widen("key", feeds.keyScale), value: widen("value", feeds.valueScale) };
    const expected = await evaluate({ y }, { ...feeds, ...wide });
    const found = await evaluate(outputsOf(0), feeds);
    // New rows are rounded to steps of up to 0.08.
    expectClose(found.y, expected.y, { rtol: 0, atol: 0.04 });
  });

  it("writes into the cache in place, on both paths", async () => {
    for (const length of [1, 9]) {
      const feeds = feedsOf([3], length);
      using session = await compile(outputsOf(0));
      const y = zeros("f32", [1, length, HEADS, WIDTH]);
      const expected = await evaluate(outputsOf(0), feeds);
      const outputs = { y, newKey: feeds.key, newValue: feeds.value };
      using bound = session.bind({ inputs: feeds, outputs });
      bound.runSync();
      expectClose(y, expected.y);
      expect(toValues(feeds.key)).toEqual(toValues(expected.newKey));
      expect(toValues(feeds.value)).toEqual(toValues(expected.newValue));
    }
  });

  it("refuses what the kernel cannot do", () => {
    const { q, k, v, key, value, past, keyScale, valueScale } = tensors;
    const cache = { key, value, past, scales: { key: keyScale, value: valueScale } };
    expect(() => g.attention(q, k, v, { softCap: 2, cache })).toThrow(/8-bit cache takes no bias/);
    const wide = { ...cache, key: input("wide", "f32", key.shape) };
    expect(() => g.attention(q, k, v, { cache: wide })).toThrow(/i8 cache do not fit/);
  });
});
