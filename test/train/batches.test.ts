import * as fc from "fast-check";
import { expect, it } from "vitest";
import { toValues } from "../../src/graph/ndarray.ts";
import { bucketedBatches, type MicroBatch, microBatch } from "../../src/train/index.ts";
import { randomSequences } from "./support.ts";

const plain = ({ inputs, supervised, tokens }: MicroBatch) => ({
  supervised,
  size: tokens,
  shape: inputs.tokens.shape,
  tokens: toValues(inputs.tokens),
  rows: toValues(inputs.rows),
  labels: toValues(inputs.labels),
});

it("learns each marked token from the position before it", () => {
  const batch = microBatch([
    { tokens: [7, 8, 9], learned: [0, 1, 0] },
    { tokens: [1, 2, 3, 4, 5], learned: [1, 0, 0, 1, 1] },
  ]);
  expect(plain(batch)).toEqual({
    supervised: 3,
    size: 16,
    shape: [2, 8],
    tokens: [7, 8, 9, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 0, 0, 0],
    rows: [0, 10, 11], // the first token of a sample has nothing before it
    labels: [8, 4, 5],
  });
});

it("never learns padding, and learns every marked token once", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), fc.nat(100), (count, seed) => {
      const samples = randomSequences(count, `${seed}`);
      const { rows, labels, shape } = plain(microBatch(samples));
      const seq = shape[1] as number;
      const seen = rows.map((row, i) => [Math.floor(row / seq), (row % seq) + 1, labels[i]]);
      const marked = samples.flatMap(({ tokens, learned }, b) =>
        Array.from(tokens, (id, t) => [b, t, id]).filter(([, t]) => t > 0 && learned[t]),
      );
      expect(seen).toEqual(marked);
    }),
  );
});

const options = {
  pool: (k: number) => randomSequences(20, `pool ${k % 3}`),
  tokensPerBatch: 32,
  seed: 5,
};

it("packs a pool whole, within the limit", () => {
  const source = bucketedBatches(options);
  const learned = (): number => {
    let count = 0;
    const { pool } = source.cursor;
    while (source.cursor.pool === pool) {
      const batch = source.next();
      expect(batch.tokens).toBeLessThanOrEqual(32);
      count += batch.supervised;
    }
    return count;
  };
  for (let k = 0; k < 3; k++) {
    const expected = options
      .pool(k)
      .reduce((n, s) => n + Array.from(s.learned).filter((x, t) => t > 0 && x).length, 0);
    expect(learned()).toBe(expected);
  }
});

it("gives the same batches again, from the start or from a cursor", () => {
  const source = bucketedBatches(options);
  const cursors = [];
  const batches = [];
  for (let i = 0; i < 40; i++) {
    cursors.push(source.cursor);
    batches.push(plain(source.next()));
  }
  expect(cursors[39].pool).toBeGreaterThan(1);
  const again = bucketedBatches(options);
  expect(batches.map(() => plain(again.next()))).toEqual(batches);
  for (const start of [39, 3, 17, 0]) {
    again.seek(cursors[start]);
    expect(plain(again.next())).toEqual(batches[start]);
  }
  const other = bucketedBatches({ ...options, seed: 6 });
  expect(batches.map(() => plain(other.next()))).not.toEqual(batches);
});

it.each([
  [[{ tokens: [1, 2], learned: [1, 0] }], "sample 0 of a batch has no learned token"],
  [[{ tokens: new Array(33).fill(1), learned: new Array(33).fill(1) }], "33 tokens exceeds"],
  [[], "pool 0 of the data has no samples"],
])("refuses what cannot be learned", (samples, message) => {
  expect(() => bucketedBatches({ ...options, pool: () => samples }).next()).toThrow(message);
});
