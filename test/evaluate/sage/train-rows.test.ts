/** What verifier and generator learn from, and when learning by reward ends. */

import { expect, it } from "vitest";
import { jsonNotation } from "../../../src/evaluate/sage/json-notation.ts";
import { chooseTypes } from "../../../src/evaluate/sage/known-types.ts";
import { labelledVariants, type SourcedVariant } from "../../../src/evaluate/sage/labelled.ts";
import type { VariantLabel } from "../../../src/evaluate/sage/labels.ts";
import { splitSources, synthesise, verdictRows } from "../../../src/evaluate/sage/train/rows.ts";
import { bestOf, reasonToStop, type Validity } from "../../../src/evaluate/sage/train/validity.ts";
import { createRandom } from "../../../src/nn/index.ts";
import { inventedItems, writeInvented } from "./invented.ts";

const types = chooseTypes("facts", ["restatement", "negation"]);
const labelled = (valid = true): SourcedVariant[] =>
  inventedItems(8).flatMap((source) =>
    types.map((type) => ({
      type,
      source,
      sourceId: source.id,
      variant: jsonNotation.read(writeInvented(type.id, source), type),
      labels: { type: true, label: valid, unique: true },
    })),
  );

it("keeps variants of a source on one side", () => {
  const { learned, heldOut } = splitSources(labelled(), 0.25, 1);
  expect([learned.length, heldOut.length]).toEqual([12, 4]);
  const held = new Set(heldOut.map(({ sourceId }) => sourceId));
  expect(learned.some(({ sourceId }) => held.has(sourceId))).toBe(false);
  expect(splitSources(labelled(), 0.25, 1)).toEqual({ learned, heldOut });
  expect(() => splitSources(labelled().slice(0, 4), 0.25, 1)).toThrow(
    "labels of 2 source items are too few",
  );
});

it("spoils valid variants alone, each in as many ways as asked for", () => {
  const random = createRandom(0, "test");
  const spoiled = synthesise(labelled(), types, 2, random);
  expect(spoiled).toHaveLength(32);
  for (const { labels, variant, type } of spoiled) {
    expect(Object.values(labels).filter((each) => !each)).toHaveLength(1);
    if (!labels.label) expect(variant.label).not.toBe(type.id === "negation" ? 3 : 0);
  }
  expect(
    new Set(spoiled.map(({ labels }) => `${labels.type}${labels.label}`)).size,
  ).toBeGreaterThan(1);
  expect(synthesise(labelled(false), types, 2, random)).toEqual([]);
  // A restatement with another right choice: the source's own is right as well.
  const [first] = labelled() as [SourcedVariant];
  const reworded = {
    ...first,
    variant: { ...first.variant, choices: first.variant.choices.with(0, "the city of Arda") },
  };
  const [second] = synthesise([reworded, reworded, reworded, reworded], types, 1, random).slice(-1);
  expect(second).toMatchObject({ labels: { unique: false } });
  expect(second!.variant.choices).toContain("Ardastad");
  expect(second!.variant.choices[0]).toBe("the city of Arda");
});

it("writes verdicts alone and behind a reason, weighed", () => {
  const [first] = labelled(false) as [SourcedVariant];
  const rows = verdictRows(jsonNotation, first, 0.3);
  expect(rows.map(({ completion, weight }) => [completion, weight])).toEqual([
    [[{ role: "assistant", content: '{"type_ok":1,"label_ok":0,"unique_ok":1}' }], undefined],
    [
      [
        {
          role: "assistant",
          content:
            '{"reason":"The marked choice is not right.","type_ok":1,"label_ok":0,"unique_ok":1}',
        },
      ],
      0.3,
    ],
  ]);
  expect(verdictRows(jsonNotation, first, 0)).toEqual(rows.slice(0, 1));
});

it("joins several people's labels by majority", () => {
  const [{ source, variant }] = labelled() as [SourcedVariant];
  const record = {
    ...variant,
    choices: [...variant.choices],
    type: "restatement",
    src_id: "s",
    source: { ...source, choices: [...source.choices] },
  };
  const label = (annotator: string, right: boolean, type = "restatement"): VariantLabel => {
    return {
      id: "v",
      variant: { ...record, type },
      labels: { type: true, label: right, unique: true },
      annotator,
    };
  };
  const [joined, ...others] = labelledVariants(
    [label("a", true), label("b", false), label("c", true)],
    types,
  );
  expect(others).toEqual([]);
  expect(joined).toMatchObject({
    sourceId: "s",
    labels: { type: true, label: true, unique: true },
    variant,
  });
  expect(labelledVariants([label("a", true), label("b", false)], types)[0]!.labels.label).toBe(
    false,
  );
  expect(() => labelledVariants([label("a", true, "negatoin")], types, "l.jsonl")).toThrow(
    'l.jsonl: "v" has the type "negatoin"; did you mean negation?',
  );
});

const measured = (step: number, reward: number, judged: number): Validity => ({
  step,
  sampled: 10,
  passed: 1,
  reward,
  judged,
});

it("ends where validity falls, or where the reward runs away from the judge", () => {
  const rising = [measured(0, 0.5, 0.3), measured(20, 0.6, 0.4)];
  expect(reasonToStop([])).toBeUndefined();
  expect(reasonToStop(rising)).toBeUndefined();
  expect(reasonToStop([...rising, measured(40, 0.6, 0.35)])).toBeUndefined();
  const falling = [...rising, measured(40, 0.6, 0.35), measured(60, 0.6, 0.39)];
  expect(reasonToStop(falling)).toBe("validity was highest at step 20, 2 measurements ago");
  expect(bestOf(falling)).toBe(falling[1]);
  // The gap was 0.2 from the start; it may grow by 0.1.
  expect(reasonToStop([...rising, measured(40, 0.69, 0.4)])).toBeUndefined();
  expect(reasonToStop([...rising, measured(40, 0.75, 0.41)])).toContain("risen by 0.14 more");
});
