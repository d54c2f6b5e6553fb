import { describe, expect, it } from "vitest";
import {
  grade,
  REFUSAL,
  readList,
  visibleReply,
  writeList,
} from "../../../recipes/onefold-mini/grade.ts";
import { createRandom } from "../../../recipes/onefold-mini/random.ts";
import { expand } from "../../../recipes/onefold-mini/wording.ts";

describe("grade", () => {
  it("wants the exact answer, spaces around it aside", () => {
    expect(grade({ kind: "equals", value: "42" }, " 42\n")).toBe(true);
    for (const reply of ["42.", "It is 42", "4 2", "420", ""])
      expect(grade({ kind: "equals", value: "42" }, reply)).toBe(false);
  });

  it("compares JSON by value, not by key order or spacing", () => {
    const want = { kind: "json" as const, value: { a: 1, b: ["x"] } };
    expect(grade(want, '{"b":["x"],"a":1}')).toBe(true);
    for (const reply of ['{"a": "1", "b": ["x"]}', '{"a": 1}', "{a: 1}", 'Here: {"a":1,"b":["x"]}'])
      expect(grade(want, reply)).toBe(false);
  });

  it("wants lists of different, fitting members in the right form", () => {
    const want = {
      kind: "listOf" as const,
      form: "numbered" as const,
      count: 2,
      pool: ["cat", "dog"],
    };
    expect(grade(want, "1. dog\n2. cat")).toBe(true);
    for (const reply of [
      "1. dog\n2. dog",
      "1. dog",
      "- dog\n- cat",
      "1. dog\n2. car",
      "1. dog\n3. cat",
    ])
      expect(grade(want, reply)).toBe(false);
  });

  it("counts words", () => {
    const want = { kind: "words" as const, count: 2, pool: ["cat", "dog", "cow"] };
    expect(grade(want, "cow dog.")).toBe(true);
    for (const reply of ["cow", "cow cow", "cow dog cat", "cow moon"])
      expect(grade(want, reply)).toBe(false);
  });

  it("takes only the honest refusal, in the question's language", () => {
    const want = { kind: "refusal" as const, language: "en" as const };
    expect(grade(want, REFUSAL.en)).toBe(true);
    for (const reply of [REFUSAL.zh, "I can't do that.", `${REFUSAL.en} But it is sunny.`, "Paris"])
      expect(grade(want, reply)).toBe(false);
  });

  it("reads back every list form it writes", () => {
    const items = ["cat", "dog", "cow"];
    for (const form of ["json", "comma", "numbered", "bullets", "lines"] as const)
      expect(readList(writeList(items, form, "en"), form)).toEqual(items);
  });

  it("sees only what follows the thinking", () => {
    expect(visibleReply("<think>\n1+1=2\n</think>\n\n2")).toBe("2");
    expect(visibleReply("2")).toBe("2");
    expect(visibleReply("<think>\n1+1=2")).toBe("");
  });
});

describe("wording", () => {
  it("fills slots after choosing, so values may hold brackets", () => {
    const text = expand(createRandom(1), "[Look at|Look at] {j}.", { j: '{"a": [1|2]}' });
    expect(text).toBe('Look at {"a": [1|2]}.');
  });

  it("says what is wrong with a pattern", () => {
    expect(() => expand(createRandom(1), "[a|b", {})).toThrow("expected a closing ]");
    expect(() => expand(createRandom(1), "{a}", {})).toThrow("no value for {a}");
  });
});

describe("random", () => {
  it("is even, in range and reproducible", () => {
    const random = createRandom(9);
    const counts = Array.from({ length: 6 }, () => 0);
    for (let i = 0; i < 60_000; i++) counts[random.int(0, 5)]!++;
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
    expect(createRandom("x").next()).toBe(createRandom("x").next());
    expect(createRandom("x").next()).not.toBe(createRandom("y").next());
    expect(() => random.sample([1], 2)).toThrow("expected at most 1 items, got 2");
  });
});
