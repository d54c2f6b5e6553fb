import { expect, test } from "vitest";
import { textGroup } from "../../../src/generate/score/scored-text.ts";
import { TokenTree } from "../../../src/generate/score/token-tree.ts";

const limits = { tokens: 100, rows: 100 };
const rowsOf = (tree: TokenTree, capacity: number): string[] => {
  const bias = tree.bias(
    capacity,
    new Float32Array(capacity * tree.tokens.length).fill(Number.NaN),
  );
  return Array.from({ length: tree.tokens.length }, (_, i) =>
    [...(bias.data as Float32Array).subarray(i * capacity, (i + 1) * capacity)]
      .map((x) => (Number.isNaN(x) ? "?" : x === 0 ? "1" : "."))
      .join(""),
  );
};

test("options stand behind one context, and see it and themselves alone", () => {
  const tree = new TokenTree([], 0, limits);
  const { texts } = textGroup([5, 6], [[7, 8], [7, 9, 1], [2]]);
  expect(texts.map((text) => tree.add(text))).toEqual([true, true, true]);
  // The last token of an option is no input: [5, 6, 7], [5, 6, 7, 9], [5, 6].
  expect(tree.tokens).toEqual([5, 6, 7, 9]);
  expect(tree.positions().data).toEqual(BigInt64Array.of(0n, 1n, 2n, 3n));
  expect(rowsOf(tree, 5)).toEqual(["1...?", "11..?", "111.?", "1111?"]);
  expect(tree.picked).toEqual([1, 2, 3]); // one row of logits for all first tokens
  expect(tree.wanted.map(({ target, row }) => [target, row])).toEqual([
    [7, 0],
    [8, 1],
    [7, 0],
    [9, 1],
    [1, 2],
    [2, 0],
  ]);
});

test("branches of what the cache holds", () => {
  const held = [5, 6, 7, 8];
  const tree = new TokenTree(held, 3, limits);
  for (const text of textGroup([5, 6, 7, 4], [[3]]).texts) tree.add(text);
  for (const text of textGroup([5, 6], [[1, 2]]).texts) tree.add(text); // scored behind a held token
  for (const text of textGroup([9], [[1]]).texts) tree.add(text);
  expect(tree.tokens).toEqual([4, 6, 1, 9]);
  expect(tree.positions().data).toEqual(BigInt64Array.of(3n, 1n, 2n, 0n));
  expect(rowsOf(tree, 7)).toEqual(["1111...", "1...1..", "1...11.", "......1"]);
  expect(tree.heldAfter()).toEqual([5, 6, 7, 4]);
});

test("a text that does not fit is cut where it is the first, and left out elsewhere", () => {
  const [long] = textGroup([1, 2, 3], [[4, 5, 6]]).texts;
  const few = new TokenTree([], 0, { tokens: 4, rows: 100 });
  expect(few.add(long!)).toBe(false);
  expect(few.tokens).toEqual([1, 2, 3, 4]);
  expect(few.wanted.map(({ target }) => target)).toEqual([4, 5]);
  expect(few.heldAfter()).toEqual([1, 2, 3, 4]);
  expect(few.add(long!)).toBe(false);
  expect(few.wanted.length).toBe(2);
  const rows = new TokenTree([], 0, { tokens: 100, rows: 1 });
  expect(rows.add(long!)).toBe(false);
  expect(rows.tokens).toEqual([1, 2, 3]);
  expect(rows.picked).toEqual([2]);
});
