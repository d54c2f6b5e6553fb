import { expect, test } from "vitest";
import { Snapshots } from "../../../src/generate/engine/snapshots.ts";
import { StepCost } from "../../../src/generate/engine/step-cost.ts";
import { createEngine } from "../../../src/generate/index.ts";
import { alone, collect, collectAll, fixture, pattern } from "./support.ts";

const TIMEOUT = 60_000;

test("the longest beginning is found, the least recently used makes room", () => {
  const snapshots = new Snapshots(2);
  const reused: boolean[] = [];
  const add = (...tokens: number[]) =>
    snapshots.add(Int32Array.from(tokens), (into) => {
      reused.push(into !== undefined);
      return [Float32Array.from(tokens)];
    });
  add(1, 2);
  add(1, 2, 3);
  expect(snapshots.longest([1, 2, 3, 4], 4)).toBe(3);
  expect(snapshots.longest([1, 2, 3, 4], 2)).toBe(2);
  expect(snapshots.longest([1, 3], 2)).toBe(0);
  add(1, 2); // known: used, not copied
  add(7);
  expect(snapshots.longest([1, 2, 3], 3)).toBe(2);
  expect(snapshots.find(Int32Array.of(1, 2, 3))).toBeUndefined();
  expect(snapshots.find(Int32Array.of(7))).toEqual([Float32Array.of(7)]);
  expect(reused).toEqual([false, false, true]);
});

test.each(["qwen3-next-dense", "qwen3-5-moe"])(
  "%s: a prompt goes on from the nearest copy of the state",
  { timeout: TIMEOUT },
  async (name) => {
    using model = await fixture(name);
    using engine = await createEngine(model, undefined, { slots: 2, sharedChunk: 16, chunk: 32 });
    const head = pattern(60);
    const ask = async (prompt: readonly number[], expected: number) => {
      const [answer] = engine.generate({ prompt, maxTokens: 5 });
      const { tokens, end } = await collect(answer!);
      expect(tokens).toEqual((await alone(model, prompt, { maxTokens: 5 })).tokens);
      expect(end.cachedTokens).toBe(expected);
    };
    await ask([...head, ...pattern(8, 11)], 0);
    await ask([...head, ...pattern(8, 13)], 60); // eight before the end
    await ask([...head, ...pattern(30, 17)], 60); // in the other slot, or this one
    await ask([...head.slice(0, 40), ...pattern(30, 19)], 0); // nothing is known there
    await ask([...head.slice(0, 40), ...pattern(30, 23)], 40); // now it is
  },
);

test("copies of state are bounded, and counted", { timeout: TIMEOUT }, async () => {
  using model = await fixture("qwen3-next-dense");
  const bytesWith = async (snapshots?: number) => {
    using engine = await createEngine(model, undefined, { slots: 2, snapshots });
    return engine.stats.cacheBytes;
  };
  const none = await bytesWith(0);
  const state = 3 * 4 * (3 * (2 * 2 * 8 + 4 * 8) + 4 * 8 * 8); // conv and delta of three layers
  expect(await bytesWith(5)).toBe(none + 5 * state);
  expect(await bytesWith()).toBe(none + 2 * state);
  using off = await createEngine(model, undefined, { slots: 2, snapshots: 0 });
  for (const tail of [11, 13]) {
    const prompt = [...pattern(60), ...pattern(8, tail)];
    expect((await collect(off.generate({ prompt, maxTokens: 2 })[0]!)).end.cachedTokens).toBe(0);
  }
});

test("rows far apart are run apart where a row costs much beside a run", () => {
  const cost = new StepCost();
  expect(cost.cut([0, 1, 6, 12])).toEqual([[0, 1, 6], [12]]); // four rows between, then five
  const measured = (run: number, row: number) => {
    const c = new StepCost();
    for (const rows of [1, 8, 3, 2, 8, 1]) c.add(rows, run + row * rows);
    return c;
  };
  expect(measured(10, 9).rowsOfARun).toBeCloseTo(10 / 9);
  expect(measured(10, 9).cut([0, 2, 5, 6])).toEqual([
    [0, 2],
    [5, 6],
  ]);
  expect(measured(10, 0.1).cut([0, 15])).toEqual([[0, 15]]);
  expect(measured(10, -1).cut([0, 15])).toEqual([[0, 15]]); // noise
});

test.each(["qwen3-tied", "qwen3-next-dense"])(
  "%s: slots far apart give what each gives alone",
  { timeout: TIMEOUT },
  async (name) => {
    using model = await fixture(name);
    using engine = await createEngine(model, undefined, { slots: 12, context: 64 });
    const ask = (i: number, maxTokens: number) =>
      engine.generate({ prompt: pattern(3 + i, 5 + i), maxTokens });
    const long = new Set([0, 1, 9, 11]);
    const answers = Array.from({ length: 12 }, (_, i) => ask(i, long.has(i) ? 30 : 2)[0]!);
    const found = await collectAll(answers);
    for (const i of long) {
      const { tokens } = await alone(model, pattern(3 + i, 5 + i), { maxTokens: 30 });
      expect(found[i]!.tokens).toEqual(tokens);
    }
  },
);
