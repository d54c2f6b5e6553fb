import fc from "fast-check";
import { expect, test } from "vitest";
import { editDistance, nearest } from "../../../src/task/grammar/suggest.ts";

test.each([
  ["", "abc", 3],
  ["kitten", "sitting", 3],
  ["docter", "doctor", 1],
  ["rnu", "run", 1],
  ["ca", "abc", 3], // optimal string alignment edits no part twice (true Damerau gives 2)
])("editDistance(%j, %j) is %d", (a, b, distance) => expect(editDistance(a, b)).toBe(distance));

test("editDistance is symmetric, zero only for equals, and bounded by the longer length", () => {
  const word = fc.string({ maxLength: 8 });
  fc.assert(
    fc.property(word, word, (a, b) => {
      const distance = editDistance(a, b);
      expect(distance).toBe(editDistance(b, a));
      expect(distance === 0).toBe(a === b);
      expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
    }),
  );
});

test.each([
  ["tokenise", "tokenize"],
  ["temp", "template"],
  ["zzz", undefined],
  ["x", undefined],
])("nearest(%j) is %j", (word, choice) => {
  expect(nearest(word, ["tokenize", "template", "run"])).toBe(choice);
});
