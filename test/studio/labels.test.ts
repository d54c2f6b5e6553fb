import { expect, it } from "vitest";
import { type JudgingKey, pressKey } from "../../src/evaluate/sage/judging.ts";
import { labelledBy, nextOpen } from "../../studio/src/labels/order.ts";
import { formatRoute, parseRoute } from "../../studio/src/route.ts";

const variants = ["a", "b", "c"].map((id) => ({ id }));

it("goes on with what is not labelled; what was skipped comes again at the end", () => {
  const annotators = [
    { name: "ada", ids: ["b"] },
    { name: "bob", ids: ["a", "b", "c"] },
  ];
  const ada = labelledBy({ annotators }, "ada");
  expect(nextOpen(variants, ada)).toBe("a");
  expect(nextOpen(variants, ada, "a")).toBe("c");
  expect(nextOpen(variants, ada, "c")).toBe("a");
  expect(nextOpen(variants, new Set(["a", "b"]), "c")).toBe("c"); // the only one left
  expect(nextOpen(variants, labelledBy({ annotators }, "bob"))).toBeUndefined();
  expect(nextOpen(variants, labelledBy({ annotators }, "cyd"), "nothing")).toBe("a");
});

it("takes an axis a key, the label only once the claimed answer is seen", () => {
  const press = (keys: string, isAnswerShown = false) => {
    let judging = { given: [] as readonly boolean[], isAnswerShown };
    let last = pressKey(judging, "y");
    for (const key of keys) {
      last = pressKey(judging, key as JudgingKey);
      if (last.state === "asking") judging = last.judging;
    }
    return last;
  };
  expect(press("yy")).toMatchObject({ judging: { given: [true] }, note: expect.any(String) });
  expect(press("ycy")).toEqual({
    state: "asking",
    judging: { given: [true, true], isAnswerShown: true },
  });
  expect(press("yn", true)).toMatchObject({ judging: { given: [true, false] } });
  expect(press("ynuyn", true)).toEqual({
    state: "judged",
    labels: { type: true, label: true, unique: false },
  });
  expect(press("yu")).toMatchObject({ judging: { given: [] } });
  expect(press("yuu")).toEqual({ state: "back" });
});

it("has addresses for evaluations and for files of variants", () => {
  for (const hash of ["#/reports?run=runs/a&run=b", "#/labels?file=a/variants.jsonl", "#/labels"]) {
    expect(formatRoute(parseRoute(hash))).toBe(hash);
  }
  expect(parseRoute("#/reports?run=a&run=b&run=c").reports).toEqual(["a", "b"]);
  // Names of one page are none of another's.
  expect(parseRoute("#/reports?run=a").runs).toEqual([]);
  expect(parseRoute("#/runs?run=a").reports).toEqual([]);
});
