import { expect, it } from "vitest";
import { shuffledPools } from "../../src/train/job/data-source.ts";

it("pools show every sample once an epoch, in an order that depends on epoch and seed", () => {
  const samples = Array.from({ length: 5000 }, (_, i) => ({ tokens: [i, i], learned: [1, 1] }));
  const epoch = (e: number, seed = 1): number[] => {
    const pool = shuffledPools(samples, seed);
    const all = [0, 1, 2].flatMap((k) => pool(3 * e + k));
    return all.map(({ tokens }) => Number(tokens[0]));
  };
  const first = epoch(0);
  expect([...first].sort((a, b) => a - b)).toEqual(samples.map((_, i) => i));
  expect([...epoch(1)].sort((a, b) => a - b)).toEqual(samples.map((_, i) => i));
  expect(epoch(1)).not.toEqual(first);
  expect(epoch(0, 2)).not.toEqual(first);
  // A resumed run asks for a later pool first.
  const pool = shuffledPools(samples, 1);
  expect(pool(4)).toEqual(shuffledPools(samples, 1)(4));
  expect(pool(0).map(({ tokens }) => tokens[0])).toEqual(first.slice(0, 2048));
});
