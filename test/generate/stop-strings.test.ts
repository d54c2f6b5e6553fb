import fc from "fast-check";
import { expect, test } from "vitest";
import { createStopMatcher } from "../../src/generate/index.ts";

/** Looks at the whole text after every character. */
function naive(text: string, stops: readonly string[]): { shown: string; matched?: string } {
  const longestFirst = [...stops].sort((a, b) => b.length - a.length);
  for (let end = 1; end <= text.length; end++) {
    const stop = longestFirst.find((each) => text.slice(0, end).endsWith(each));
    if (stop !== undefined) return { shown: text.slice(0, end - stop.length), matched: stop };
  }
  return { shown: text };
}

const letters = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 40 });
const stops = fc.array(
  fc.string({ unit: fc.constantFrom("a", "b", "c"), minLength: 1, maxLength: 5 }),
  {
    maxLength: 4,
  },
);

test("any pieces of any text give what looking at the whole text gives", () => {
  fc.assert(
    fc.property(fc.array(letters, { maxLength: 8 }), stops, (pieces, list) => {
      const text = pieces.join("");
      const { shown, matched } = naive(text, list);
      const matcher = createStopMatcher(list);
      let out = "";
      let isSteady = true;
      for (const piece of pieces) {
        out += matcher.push(piece);
        // Nothing that is shown has to be taken back.
        isSteady &&= shown.startsWith(out);
      }
      out += matcher.flush();
      expect([out, matcher.matched, isSteady]).toEqual([shown, matched, true]);
    }),
    { numRuns: 1000 },
  );
});

test("no more is held back than could begin a stop string", () => {
  const matcher = createStopMatcher(["\n\nUser:"]);
  expect(matcher.push("one\n")).toBe("one");
  expect(matcher.push("two\n\nUse")).toBe("\ntwo");
  expect(matcher.push("ful")).toBe("\n\nUseful");
  expect(matcher.push("\n\nUser")).toBe("");
  expect(matcher.push(": hi")).toBe("");
  expect(matcher.matched).toBe("\n\nUser:");
  expect(matcher.push("more")).toBe("");
});

test("a shared half of a character is not split off", () => {
  const matcher = createStopMatcher(["😀"]); // shares its first unit with 😃
  expect(matcher.push("x😃")).toBe("x😃");
  expect(matcher.push("y😀z")).toBe("y");
});

test("an empty stop string is refused", () => {
  expect(() => createStopMatcher(["a", ""])).toThrow("a stop string is empty");
});
