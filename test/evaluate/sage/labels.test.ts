import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import {
  appendLabel,
  checkSame,
  readLabels,
  readVariants,
  type VariantLabel,
} from "../../../src/evaluate/sage/index.ts";
import { jsonLines, temporaryFolder, variantRow, verdict } from "./variants.ts";

const labelRow = (change: object = {}) => {
  const { id, ...variant } = variantRow(0);
  const labels = { type_ok: 1, label_ok: 0, unique_ok: 1 };
  return { id, variant, labels, annotator: "ada", ...change };
};

it("reads variants whole, with what else stands in their rows", async () => {
  const file = join(temporaryFolder(), "variants.jsonl");
  const { question, ...rest } = variantRow(1);
  const other = { ...rest, context: "A man sits down.", license: "MIT", ...verdict(0.9, 0.5, 1) };
  writeFileSync(file, `${jsonLines([variantRow(0)])}\n${JSON.stringify(other)}`);
  const [first, second] = await readVariants(file);
  const { id, ...record } = variantRow(0);
  expect(first).toEqual({ id, record });
  expect(second!.record).toMatchObject({ context: "A man sits down.", license: "MIT" });
  expect(second!.record.qual?.score).toBeCloseTo(0.45, 12);
});

it.each([
  [[{ ...variantRow(0), choices: ["a"] }], "1: choices: expected a list of 2 or more texts, found"],
  [[{ ...variantRow(0), label: 2 }], "1: label: expected the index of one of 2 choices, found 2"],
  [[{ ...variantRow(0), label: "A" }], '1: label: expected the index of a choice, found "A"'],
  [[variantRow(0), { ...variantRow(0) }], '2: id "v0" is taken by line 1'],
  [
    [{ ...variantRow(0), source: { ...variantRow(0).source, label: 7 } }],
    "1: source.label: expected the index of one of 2",
  ],
  [
    [{ ...variantRow(0), question: undefined }],
    "1: question: expected text (or give it as context)",
  ],
  [[{ ...variantRow(0), source: undefined }], "1: source: expected the source item, found nothing"],
  [[{ ...variantRow(0), ...verdict(2, 1, 1) }], "1: qual.scores.type: expected 1 or less, found 2"],
  [[[1]], "1: expected an object, found an array"],
])("names file, line and key of a bad variant: %#", async (rows, message) => {
  const file = join(temporaryFolder(), "variants.jsonl");
  writeFileSync(file, jsonLines(rows));
  await expect(readVariants(file)).rejects.toThrow(`${file}:${message}`);
});

it.each([
  [
    { labels: { type_ok: 1, label_ok: 2, unique_ok: 1 } },
    "labels.label_ok: expected 0 or 1, found 2",
  ],
  [{ labels: { type_ok: 1, label_ok: 1 } }, "labels.unique_ok: expected 0 or 1, found nothing"],
  [{ annotator: " " }, "annotator: expected a name"],
  [{ annotator: "verifier" }, "annotator: expected a name other than verifier and majority"],
  [{ seconds: -1 }, "seconds: expected 0 or more, found -1"],
  [{ variant: { ...variantRow(0), type: 3 } }, "variant.type: expected text, found 3"],
])("names file, line and key of a bad label: %#", async (change, message) => {
  const file = join(temporaryFolder(), "labels.jsonl");
  writeFileSync(file, jsonLines([labelRow(), labelRow(change)]));
  await expect(readLabels(file)).rejects.toThrow(`${file}:2: ${message}`);
});

it("a line that is no JSON is an error, unless it is the last and has no end", async () => {
  const file = join(temporaryFolder(), "labels.jsonl");
  writeFileSync(file, `${jsonLines([labelRow()])}{"id":\n${jsonLines([labelRow()])}`);
  await expect(readLabels(file)).rejects.toThrow(`${file}:2: is no JSON`);
});

const label = (i: number, annotator: string, change: Partial<VariantLabel> = {}): VariantLabel => {
  const { id, ...variant } = variantRow(i);
  const labels = { type: true, label: true, unique: false };
  return { id, variant, annotator, labels, seconds: 2.04, ...change };
};

it("keeps the last label of each annotator and variant", async () => {
  const file = join(temporaryFolder(), "deep/er/labels.jsonl");
  expect(await readLabels(file)).toEqual([]);
  await appendLabel(file, label(0, "ada"));
  await appendLabel(file, label(1, "ada", { seconds: undefined }));
  await appendLabel(file, label(0, "bob"));
  const changed = { type: false, label: true, unique: true };
  await appendLabel(file, label(0, "ada", { labels: changed }));
  expect(readFileSync(file, "utf8").split("\n")).toHaveLength(5);
  expect(await readLabels(file)).toEqual([
    label(0, "ada", { labels: changed, seconds: 2 }),
    label(1, "ada", { seconds: undefined }),
    label(0, "bob", { seconds: 2 }),
  ]);
});

it("loses at most the label that was being written, wherever a kill cut it", async () => {
  const dir = temporaryFolder();
  const whole = join(dir, "whole.jsonl");
  await appendLabel(whole, label(0, "ada"));
  const start = readFileSync(whole).length;
  await appendLabel(whole, label(1, "ada"));
  const bytes = readFileSync(whole);
  for (let end = start; end < bytes.length; end++) {
    const file = join(dir, `${end}.jsonl`);
    writeFileSync(file, bytes);
    truncateSync(file, end);
    // Of the last row only the line feed is missing: it is there.
    const kept = end === bytes.length - 1 ? ["v0", "v1"] : ["v0"];
    expect((await readLabels(file)).map(({ id }) => id)).toEqual(kept);
    if (end % 20 !== 0 && end < bytes.length - 2) continue; // each of these waits for the disk
    await appendLabel(file, label(2, "ada"));
    expect((await readLabels(file)).map(({ id }) => id)).toEqual([...kept, "v2"]);
  }
});

it("a label of another variant with the same id is refused", () => {
  const { id, ...record } = variantRow(0);
  const own = label(0, "ada");
  checkSame(own, { id, record: { ...record, license: "MIT" } }, "labels.jsonl");
  const renamed = { ...record, choices: ["a", "b"] };
  expect(() => checkSame(own, { id, record: renamed }, "labels.jsonl")).toThrow(
    'labels.jsonl: the label of "v0" by ada is of another variant with that id',
  );
});
