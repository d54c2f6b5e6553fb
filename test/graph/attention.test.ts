/** Attention over its options: kernel against decomposition, with and without a cache. */

import { describe, expect, it } from "vitest";
import * as g from "../../src/graph/index.ts";
import {
  dim,
  fromValues,
  type NDArray,
  type Shape,
  type Tensor,
  zeros,
} from "../../src/graph/index.ts";
import { weightedAttention } from "../../src/graph/ops/weighted-attention.ts";
import { checkFused, evaluate, expectClose, randomArray, trace } from "./support.ts";

const f32 = (shape: readonly number[], seed: number) => randomArray("f32", shape, seed);
const [batch, seq, capacity] = [dim("batch"), dim("seq"), dim("capacity")];
const HEADS = 4;
const WIDTH = 8;

interface Variant {
  readonly causal?: boolean;
  readonly window?: number;
  readonly softCap?: number;
  readonly scale?: number;
  readonly bias?: "full" | "shared";
  readonly sinks?: boolean;
}

const variants: Record<string, Variant> = {
  causal: {},
  "not causal": { causal: false },
  scaled: { scale: 0.3 },
  window: { window: 3 },
  "window of one": { window: 1 },
  "soft cap": { softCap: 1.5 },
  bias: { bias: "full" },
  "shared bias": { bias: "shared" },
  sinks: { sinks: true },
  "window and sinks": { window: 2, sinks: true },
  everything: { window: 3, softCap: 2, bias: "full", sinks: true },
};

/** Uses the kernel of ONNX Runtime? */
const usesKernel = (outputs: Record<string, Tensor>): boolean =>
  [...trace(outputs).provenance.keys()].some((name) => name.startsWith("GroupQueryAttention"));

const optional = (v: Variant, sizes: { batch: number; seq: number; keys: number }): NDArray[] => {
  const lead = v.bias === "full" ? [sizes.batch, HEADS] : [1, 1];
  const extra: NDArray[] = [];
  if (v.bias) extra.push(f32([...lead, sizes.seq, sizes.keys], 11));
  if (v.sinks) extra.push(f32([HEADS], 12));
  return extra;
};

/** Names the optional tensors that follow. */
function options({ causal, window, softCap, scale, bias, sinks }: Variant, rest: Tensor[]) {
  const given = { causal, window, softCap, ...(scale && { scale }) };
  return {
    ...given,
    bias: bias ? rest.shift() : undefined,
    sinks: sinks ? rest.shift() : undefined,
  };
}

describe("attention without a cache", () => {
  const heads = [4, 2, 1];
  const cases = Object.entries(variants).flatMap(([name, v], i) =>
    heads.map((kvHeads) => [name, kvHeads, v, i] as const),
  );
  it.each(cases)("%s, %d key heads", async (_, kvHeads, variant, i) => {
    const values = [
      f32([2, 5, HEADS, WIDTH], i + 1),
      f32([2, 5, kvHeads, WIDTH], i + 2),
      f32([2, 5, kvHeads, WIDTH], i + 3),
      ...optional(variant, { batch: 2, seq: 5, keys: 5 }),
    ];
    const build = ([q, k, v, ...rest]: Tensor[]) =>
      g.attention(q, k, v, options(variant, rest)).output;
    const shapes: Shape[] = values.map((a) => a.shape);
    for (const k of [0, 1, 2]) shapes[k] = [batch, seq, shapes[k][2], WIDTH];
    if (variant.bias) shapes[3] = [variant.bias === "full" ? batch : 1, shapes[3][1], seq, seq];
    // A kernel that does not apply leaves the decomposition on both sides; then it is compared
    // in values.test.ts alone.
    const inputs = values.map((a, k) => g.input(`p${k}`, a.dtype, shapes[k]));
    if (!usesKernel({ y: build(inputs) })) {
      expect(variant.causal === false && variant.bias).toBeTruthy();
      return;
    }
    await checkFused(build, values, { shapes });
  });

  // Soft caps and sinks have their gradients from the decomposition.
  const kept = cases.filter(([, , { softCap, sinks }]) => !softCap && !sinks);
  it.each(kept)("gradients: %s, %d key heads", async (_, kvHeads, variant, i) => {
    const values = [
      f32([2, 5, HEADS, WIDTH], i + 1),
      f32([2, 5, kvHeads, WIDTH], i + 2),
      f32([2, 5, kvHeads, WIDTH], i + 3),
      ...optional(variant, { batch: 2, seq: 5, keys: 5 }),
    ];
    const shapes: Shape[] = values.map((a) => a.shape);
    for (const k of [0, 1, 2]) shapes[k] = [batch, seq, shapes[k][2], WIDTH];
    await checkFused(
      (inputs) => {
        const [q, k, v, ...rest] = inputs;
        const y = g.attention(q, k, v, options(variant, rest)).output;
        const gradients = g.grad(g.sum(g.square(y)), inputs);
        return { y, ...Object.fromEntries(gradients.map((d, n) => [`d${n}`, d])) };
      },
      values,
      { shapes: variant.bias ? undefined : shapes, rtol: 1e-4, atol: 1e-4 },
    );
  });

  it("keeps exact zeros for what the mask hides", async () => {
    const qkv = [1, 2, 3].map((seed) => f32([1, 4, 2, WIDTH], seed));
    const inputs = qkv.map((a, i) => g.input(`x${i}`, "f32", a.shape));
    const has = { bias: false, sinks: false, cache: false };
    const attrs = { causal: true, scale: 1, window: 2, softCap: 0, has };
    const [, weights] = weightedAttention(inputs, attrs).node.outputs;
    const feeds = Object.fromEntries(qkv.map((a, i) => [`x${i}`, a]));
    const numbers = g.toValues((await evaluate({ weights }, feeds)).weights);
    numbers.forEach((w, i) => {
      const [query, key] = [(i >> 2) % 4, i % 4];
      expect(w > 0).toBe(key <= query && key > query - 2);
    });
  });

  it("queries at the end of more keys", async () => {
    // The last queries of a whole sequence see what they see among all queries.
    const [q, k, v] = [1, 2, 3].map((seed) => f32([2, 6, 2, WIDTH], seed));
    const inputs = [q, k, v].map((a, i) => g.input(`x${i}`, "f32", a.shape));
    const feeds = { x0: q, x1: k, x2: v };
    const whole = g.attention(inputs[0], inputs[1], inputs[2], { window: 4 }).output;
    const tail = g.attention(g.slice(inputs[0], 1, 4), inputs[1], inputs[2], { window: 4 }).output;
    const r = await evaluate({ expected: g.slice(whole, 1, 4), tail }, feeds);
    expectClose(r.tail, r.expected);
  });

  it("other value widths use the decomposition", async () => {
    const q = g.input("q", "f32", [1, 3, 2, 8]);
    const v = g.input("v", "f32", [1, 3, 2, 4]);
    const y = g.attention(q, q, v).output;
    expect(y.shape).toEqual([1, 3, 2, 4]);
    expect(usesKernel({ y })).toBe(false);
    const feeds = { q: f32([1, 3, 2, 8], 1), v: f32([1, 3, 2, 4], 2) };
    const first = g.toValues((await evaluate({ y }, feeds)).y).slice(0, 8);
    expect(first).toEqual(g.toValues(feeds.v).slice(0, 8)); // the first query sees one key
  });
});

describe("attention with a cache", () => {
  interface CacheCase {
    readonly past: readonly number[];
    readonly seq: number;
    readonly variant: Variant;
    readonly kvHeads: number;
  }
  const CAPACITY = 12;

  /** A cache whose rows from `past` on are 0, or whatever was there before. */
  function cacheOf(
    past: readonly number[],
    kvHeads: number,
    seed: number,
    clean: boolean,
  ): NDArray {
    const cache = f32([past.length, kvHeads, CAPACITY, WIDTH], seed);
    const size = kvHeads * CAPACITY * WIDTH;
    const kept = g.toValues(cache).map((v, i) => {
      const row = Math.floor((i % (CAPACITY * WIDTH)) / WIDTH);
      return !clean || row < past[Math.floor(i / size)] ? v : 0;
    });
    return fromValues("f32", cache.shape, kept);
  }

  async function check({ past, seq: length, variant, kvHeads }: CacheCase): Promise<void> {
    const rows = past.length;
    const build = ([q, k, v, key, value, at, ...rest]: Tensor[]) => {
      const cache = { key, value, past: at };
      const r = g.attention(q, k, v, { ...options(variant, rest), cache });
      return { y: r.output, newKey: r.presentKey!, newValue: r.presentValue! };
    };
    for (const clean of [true, false]) {
      const values = [
        f32([rows, length, HEADS, WIDTH], 1),
        f32([rows, length, kvHeads, WIDTH], 2),
        f32([rows, length, kvHeads, WIDTH], 3),
        cacheOf(past, kvHeads, 4, clean),
        cacheOf(past, kvHeads, 5, clean),
        fromValues("i32", [rows], past),
        ...optional(variant, { batch: rows, seq: length, keys: CAPACITY }),
      ];
      const shapes: Shape[] = values.map((a) => a.shape);
      for (const k of [0, 1, 2]) shapes[k] = [batch, seq, shapes[k][2], WIDTH];
      for (const k of [3, 4]) shapes[k] = [batch, kvHeads, capacity, WIDTH];
      shapes[5] = [batch];
      if (variant.bias) {
        shapes[6] = [variant.bias === "full" ? batch : 1, shapes[6][1], seq, capacity];
      }
      // Rows behind the new ones are the kernel's to clear, so they are compared where they are 0.
      const compared = (x: Tensor[]) => (clean ? build(x) : { y: build(x).y });
      await checkFused(compared, values, { shapes });
    }
  }

  const plain = Object.entries(variants).filter(([, v]) => v.causal !== false);
  const cases = plain.flatMap(([name, variant]) => [
    [`${name}, first prompt`, { past: [0], seq: 5, variant, kvHeads: 2 }] as const,
    [`${name}, one token`, { past: [6], seq: 1, variant, kvHeads: 2 }] as const,
    [
      `${name}, one token each of a ragged batch`,
      { past: [0, 3, 11], seq: 1, variant, kvHeads: 2 },
    ] as const,
    [`${name}, several tokens`, { past: [4], seq: 3, variant, kvHeads: 1 }] as const,
    [`${name}, a batch of first prompts`, { past: [0, 0], seq: 4, variant, kvHeads: 4 }] as const,
  ]);
  it.each(cases)("%s", (_, test) => check(test));

  it("decoding step by step gives the whole sequence", async () => {
    const length = 6;
    const qkv = [1, 2, 3].map((seed) => f32([1, length, seed === 1 ? HEADS : 2, WIDTH], seed));
    const whole = [0, 1, 2].map((i) => g.input(`x${i}`, "f32", qkv[i].shape));
    const feeds = Object.fromEntries(qkv.map((a, i) => [`x${i}`, a]));
    for (const fuse of [true, false]) {
      const options = { window: 4 };
      const y = g.attention(whole[0], whole[1], whole[2], options).output;
      const expected = (await evaluate({ y }, feeds, { fuse })).y;
      const steps = [0, 1, 2].map((i) => g.input(`x${i}`, "f32", [1, seq, qkv[i].shape[2], WIDTH]));
      const [key, value] = ["key", "value"].map((n) => g.input(n, "f32", [1, 2, 8, WIDTH]));
      const past = g.input("past", "i32", [1]);
      const r = g.attention(steps[0], steps[1], steps[2], {
        ...options,
        cache: { key, value, past },
      });
      const outputs = { y: r.output, newKey: r.presentKey!, newValue: r.presentValue! };
      let cache = { key: zeros("f32", [1, 2, 8, WIDTH]), value: zeros("f32", [1, 2, 8, WIDTH]) };
      let at = 0;
      const found: number[] = [];
      for (const count of [2, 1, 2, 1]) {
        const part = (a: NDArray): NDArray => {
          const row = a.shape[2] * WIDTH;
          const cut = (a.data as Float32Array).slice(at * row, (at + count) * row);
          return fromValues("f32", [1, count, a.shape[2], WIDTH], cut);
        };
        const step = await evaluate(
          outputs,
          {
            x0: part(qkv[0]),
            x1: part(qkv[1]),
            x2: part(qkv[2]),
            ...cache,
            past: fromValues("i32", [1], [at]),
          },
          { fuse },
        );
        found.push(...g.toValues(step.y));
        cache = { key: step.newKey, value: step.newValue };
        at += count;
      }
      expectClose(fromValues("f32", expected.shape, found), expected);
    }
  });
});
