/** Overlaps with test sets. */

import * as fc from "fast-check";
import { expect, it } from "vitest";
import { checkData, createDecontaminator } from "../../../src/train/index.ts";
import { assistant, user, writeRows } from "./records.ts";

const question = "Natalia sold clips to 48 of her friends in April, and then half as many in May.";

it("finds a stretch of ten words, whatever their case and marks", () => {
  const { find, tooShort } = createDecontaminator({
    gsm: [question, "too short"],
    other: [question],
  });
  expect(tooShort).toBe(1);
  expect(find(`So: "natalia SOLD clips; to 48 of her\nfriends in April" - yes.`)).toEqual({
    testSet: "gsm",
    words: "natalia sold clips to 48 of her friends in april",
  });
  expect(find("Natalia sold clips to 48 of her friends in June.")).toBeUndefined();
  expect(createDecontaminator({ gsm: [question] }, 5).find("to 48 of her friends")).toBeDefined();
  expect(() => createDecontaminator({}, 0)).toThrow(
    "n must be a whole number of at least 1, found 0",
  );
});

it("finds every text that holds a test text, and no text without a shared stretch", () => {
  const words = (alphabet: string[], min: number) =>
    fc.array(fc.constantFrom(...alphabet), { minLength: min, maxLength: 20 });
  fc.assert(
    fc.property(
      words(["a", "b", "c"], 4),
      words(["x", "y"], 0),
      words(["x", "y", "a"], 0),
      (test, before, behind) => {
        const { find } = createDecontaminator({ t: [test.join(" ")] }, 4);
        expect(find([...before, ...test, ...behind].join(", "))).toBeDefined();
        expect(find(before.join(" "))).toBeUndefined();
      },
    ),
  );
});

it("is a rule of the data check, for any text of a row", async () => {
  const file = writeRows([
    { messages: [user("unrelated"), assistant("fine")] },
    { messages: [user(question), assistant("72")] },
  ]);
  const { problems, kinds } = await checkData([file], { testSets: { gsm8k: [question] } });
  expect(kinds).toEqual({ messages: 1 });
  expect(problems).toMatchObject([{ line: 2, rule: "contamination" }]);
  expect(problems[0].found).toContain("repeats the test set gsm8k");
});
