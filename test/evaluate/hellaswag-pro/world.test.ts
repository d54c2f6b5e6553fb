import { describe, expect, test } from "vitest";
import { generateHellaswagPro, type ProDoc } from "../../../src/evaluate/index.ts";

const forms = "original restatement reverse causal ordering refinement negation critical".split(
  " ",
);

describe.each(["en", "zh"] as const)("%s", (language) => {
  const { items, examples } = generateHellaswagPro(language, { questions: 32, seed: 3 });
  const docs = items.map(({ doc }) => doc as ProDoc);
  const by = (form: string) => docs.filter((doc) => doc.form === form);

  test("every question has all forms, with distinct choices and no slot left open", () => {
    expect(items.map(({ tags }) => tags.variant)).toEqual(Array(32).fill(forms).flat());
    expect(new Set(items.map(({ tags }) => tags.category)).size).toBe(8);
    for (const { form, context, choices, label } of [...docs, ...examples]) {
      expect(choices).toHaveLength(form === "critical" ? 5 : 4);
      expect(new Set(choices).size).toBe(choices.length);
      expect(choices[label]).toBeTypeOf("string");
      expect([context, ...choices].join()).not.toMatch(/[{}]|undefined/);
    }
    expect(new Set(by("original").map(({ context }) => context)).size).toBe(32);
  });

  test("right answers follow from the original", () => {
    for (const [i, original] of by("original").entries()) {
      const right = original.choices[original.label]!;
      const [reverse, causal, refinement, negation, critical] = [
        "reverse",
        "causal",
        "refinement",
        "negation",
        "critical",
      ].map((form) => by(form)[i]!);
      expect(reverse!.context).toContain(right);
      expect(reverse!.choices[reverse!.label]).toBe(original.context);
      expect(causal!.context.startsWith(original.context)).toBe(true);
      expect([...refinement!.choices].sort()).toEqual([...original.choices].sort());
      expect(refinement!.choices[refinement!.label]).not.toBe(right);
      expect(negation!.choices).toContain(right);
      expect(negation!.choices[negation!.label]).not.toBe(right);
      expect(original.choices).toContain(negation!.choices[negation!.label]);
      const fits = critical!.context === original.context;
      expect(critical!.choices[critical!.label] === right).toBe(fits);
      expect(critical!.label === 4).toBe(!fits);
    }
    expect(by("critical").filter(({ label }) => label === 4)).toHaveLength(16);
  });

  test("an order, followed, tells opening, context, ending and what comes after", () => {
    for (const [i, { context, choices, label }] of by("ordering").entries()) {
      const listed = context.replace(/ ?(Which order|哪个顺序).*$/, "");
      const lines = listed.match(/\d\. .*?(?=\d\. |$)/gs)!.map((line) => line.slice(3));
      const told = choices[label]!.split("-").map((n) => lines[Number(n) - 1]!.trim());
      const original = by("original")[i]!;
      expect(told[1]).toBe(original.context);
      expect(told[2]).toBe(original.choices[original.label]);
    }
  });

  test("labels do not favour a place, and another seed gives another order", () => {
    const counts = [0, 0, 0, 0, 0];
    for (const { label } of docs.filter(({ form }) => form !== "critical")) counts[label]!++;
    // 224 draws of 1/4: 56 expected, and 30 is four standard deviations off.
    for (const count of counts.slice(0, 4)) expect(Math.abs(count - 56)).toBeLessThan(27);
    expect(generateHellaswagPro(language, { questions: 32, seed: 3 }).items).toEqual(items);
    expect(generateHellaswagPro(language, { questions: 32, seed: 4 }).items).not.toEqual(items);
  });
});

test("more questions have other names; too many are refused", () => {
  const { items } = generateHellaswagPro("en", { questions: 256 });
  const originals = items.filter(({ tags }) => tags.variant === "original");
  expect(new Set(originals.map(({ doc }) => (doc as ProDoc).context)).size).toBe(256);
  expect(() => generateHellaswagPro("en", { questions: 257 })).toThrow("1 to 256");
});
