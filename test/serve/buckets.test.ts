import fc from "fast-check";
import { expect, it } from "vitest";
import { type Bucket, BucketList } from "../../src/serve/runs/buckets.ts";

const line = (step: number, loss: number): Bucket => ({
  lines: 1,
  step,
  tokens: 10,
  seconds: 0.5,
  values: new Map([["loss", { count: 1, mean: loss, low: loss, high: loss }]]),
});

it("never holds more than its limit, and keeps order, totals, means and extremes", () => {
  const losses = fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), {
    minLength: 1,
    maxLength: 400,
  });
  fc.assert(
    fc.property(losses, fc.integer({ min: 2, max: 40 }), (all, limit) => {
      const list = new BucketList(limit);
      for (const [i, loss] of all.entries()) list.add(line(i + 1, loss));
      const { buckets } = list;
      expect(buckets.length).toBeLessThanOrEqual(limit);
      expect(buckets.length).toBeGreaterThanOrEqual(Math.min(all.length, Math.floor(limit / 2)));
      expect(buckets.at(-1)).toEqual(line(all.length, all.at(-1)!)); // as it was added
      let done = 0;
      for (const { lines, step, tokens, seconds, values } of buckets) {
        const own = all.slice(done, done + lines);
        done += lines;
        const { count, mean, low, high } = values.get("loss")!;
        expect([step, tokens, seconds, count]).toEqual([done, 10 * lines, 0.5 * lines, lines]);
        expect([low, high]).toEqual([Math.min(...own), Math.max(...own)]);
        expect(mean).toBeCloseTo(own.reduce((sum, each) => sum + each, 0) / lines, 8);
      }
      expect(done).toBe(all.length);
    }),
  );
});

it("joins lines that lack a value with those that have it", () => {
  const list = new BucketList(2);
  list.add(line(1, 4));
  list.add({ ...line(2, 0), values: new Map() });
  list.add(line(3, 6));
  list.add(line(4, 8));
  const spreads = list.buckets.map(({ values }) => values.get("loss"));
  expect(spreads).toEqual([
    { count: 2, mean: 5, low: 4, high: 6 },
    { count: 1, mean: 8, low: 8, high: 8 },
  ]);
});
