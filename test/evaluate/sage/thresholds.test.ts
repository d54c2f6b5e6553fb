/** Thresholds by type, and what is done to all variants together. */

import { expect, it } from "vitest";
import { withEvenLabels, withoutCopies } from "../../../src/evaluate/sage/build/arrange.ts";
import { auditOf } from "../../../src/evaluate/sage/build/audit.ts";
import {
  type JudgedLabel,
  splitBySource,
  thresholdsOf,
} from "../../../src/evaluate/sage/build/threshold.ts";
import { jaccard, trigrams } from "../../../src/evaluate/sage/reward.ts";
import { createRandom } from "../../../src/nn/index.ts";

const judged = (type: string, score: number, isValid: boolean, source: string): JudgedLabel => ({
  type,
  source,
  scores: { type: score, label: 1, unique: 1 },
  labels: { type: isValid, label: true, unique: true },
});

it("chooses a threshold for each type, and takes all types where one has few labels", () => {
  const many = Array.from({ length: 40 }, (_, i) => judged("negation", i / 40, i >= 30, `s${i}`));
  const few = [judged("reverse", 0.99, true, "x")];
  const found = thresholdsOf(["negation", "reverse", "causal"], [...many, ...few], {
    precision: 1,
  });
  expect(found.negation).toEqual({
    tau: 0.75,
    precision: 1,
    recall: 1,
    accepted: 10 / 40,
    from: "type",
    labelled: 40,
  });
  expect(found.reverse).toMatchObject({ from: "all types", labelled: 41, tau: 0.75 });
  expect(found.causal).toEqual(found.reverse);
});

it("splits by source", () => {
  const all = Array.from({ length: 200 }, (_, i) => judged("negation", 0.5, true, `s${i % 40}`));
  const [fitted, tested] = splitBySource(all, ({ source }) => source);
  const shared = fitted.filter(({ source }) => tested.some((other) => other.source === source));
  expect([fitted.length, tested.length, shared.length]).toEqual([100, 100, 0]);
});

it("finds the near copies that comparing all pairs finds", () => {
  const random = createRandom(5, "copies");
  const word = () => "abcdefgh"[random.below(8)]!.repeat(3);
  const base = Array.from({ length: 60 }, () => Array.from({ length: 12 }, word));
  const texts = base.flatMap((words) => {
    const copy = [...words];
    if (random.below(2) === 0) copy[random.below(12)] = word();
    return [words, copy];
  });
  const variants = texts.map((words) => ({
    question: words.join(" "),
    choices: ["yes", "no"],
    label: 0,
  }));
  const kept: typeof variants = [];
  for (const each of variants) {
    const isCopy = kept.some((earlier) => jaccard(trigrams(each), trigrams(earlier)) >= 0.7);
    if (!isCopy) kept.push(each);
  }
  const found = withoutCopies(variants, 0.7);
  expect(found.kept).toEqual(kept);
  expect(found.kept.length + found.copies.length).toBe(120);
  expect(found.copies.length).toBeGreaterThan(20);
});

it("puts right choices everywhere equally often, the same way for a seed", () => {
  const variants = Array.from({ length: 103 }, (_, i) => ({
    id: String(i),
    question: "q",
    choices: ["right", "b", "c", "d", "none"],
    label: i % 10 === 0 ? 4 : 0,
    keepsLast: true,
  }));
  const mixed = withEvenLabels(variants, 3);
  expect(mixed).toEqual(withEvenLabels(variants, 3));
  expect(mixed).not.toEqual(withEvenLabels(variants, 4));
  const at = (label: number) => mixed.filter((each) => each.label === label).length;
  expect(at(4)).toBe(11);
  for (const label of [0, 1, 2, 3]) expect(at(label)).toBe(23);
  for (const { choices, label } of mixed) {
    expect(choices[4]).toBe("none");
    expect([...choices].sort()).toEqual(["b", "c", "d", "none", "right"]);
    expect(choices[label]).toMatch(/right|none/);
  }
});

it("audits what position and length give away", () => {
  const long = { question: "q", choices: ["short", "the longest one", "tiny", "words"], label: 1 };
  const audit = auditOf(Array.from({ length: 20 }, () => long))!;
  expect(audit.chance).toBe(0.25);
  expect(audit.players.longest).toMatchObject({ score: 1, isWithin: false });
  expect(audit.players.shortest).toMatchObject({ score: 0, isWithin: false });
  expect(audit.players.first.interval[1]).toBeLessThan(0.2);
  expect(auditOf([])).toBeUndefined();
});
