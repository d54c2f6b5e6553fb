/** A data set whose reader would not use what is given with it is refused, with the nearest key. */

import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { type DataFiles, preset } from "../../../src/task/index.ts";
import { recordsFrom } from "./support.ts";

const at = (name: string): string =>
  fileURLToPath(new URL(`../../fixtures/readers/${name}`, import.meta.url));

test.each<[string, DataFiles, string]>([
  [
    "asr",
    { file: "dev-clean", images: "x" },
    'dev-clean: "images" changes nothing for preset "asr"; it takes "file", "columns"',
  ],
  [
    "caption",
    { file: "captions.json", images: "x", videos: "y" },
    '"videos" changes nothing for preset "caption"; it takes "file", "images", "columns"',
  ],
  [
    "caption",
    { file: "captions.tsv", images: "x" }, // its images are in the file
    '"images" changes nothing for preset "caption"; it takes "file", "columns"',
  ],
  ["video-caption", { file: "a.json", videos: "x", labels: ["a"] }, '"labels" changes nothing'],
  ["image-infilling", { file: "folder", names: { a: "b" } }, '"names" changes nothing'],
  ["nlu", { file: "a.tsv", tables: "x" }, '"tables" changes nothing for preset "nlu"'],
  ["vqa", { file: "q.json", images: "x" }, 'q.json: its format needs "annotations"'],
  ["text-to-sql", { file: "dev.json" }, 'dev.json: its format needs "tables"'],
  [
    "caption",
    { file: "a.csv", columns: { img: "image", capt: "text" } },
    'a.csv: "columns.capt" fills no slot of preset "caption"; did you mean "cap"?',
  ],
  [
    "caption",
    { file: "a.csv", columns: { img: "image", cap: "text" }, images: "x" },
    '"images" changes nothing for preset "caption", by columns', // no column names files
  ],
  [
    "caption",
    { file: "a.csv", columns: { cap: { column: "text", as: "label" } } },
    'a column "as: label" needs the closed set',
  ],
])("%s over %o: %s", (name, train, message) => {
  expect(() => preset(name, { train })).toThrow(message);
  expect(() => preset(name, { heldOut: train })).toThrow(message);
});

test("a mistyped key is told with the nearest one", () => {
  // Files that the compiler has not seen.
  const given = { file: "a.json", imges: "x" } as DataFiles;
  expect(() => preset("caption", { train: given })).toThrow(
    'preset "caption": unknown key "imges" of its data; did you mean "images"?',
  );
  const nothing = { images: "x" } as unknown as DataFiles;
  expect(() => preset("caption", { train: nothing })).toThrow('its data need a "file"');
});

test("generated records and a data set exclude each other", () => {
  expect(() => preset("sudoku", { train: { file: "a.csv" }, world: { size: 2 } })).toThrow(
    'preset "sudoku": "world" is of generated records',
  );
});

test.each([
  ["caption", { frames: 3 }, '"generate.frames" changes nothing where tokens are generated'],
  ["text-to-motion", { maxLength: 3 }, '"generate.maxLength" changes nothing where a motion'],
  ["tts", { beam: 2 }, "expected one of positions"],
])("%s generates without %o: %s", (name, generate, message) => {
  expect(() => preset(name, { generate })).toThrow(message);
});

describe("what is used is taken", () => {
  test("references beside the slots", async () => {
    const columns = { text: "sentence" };
    const { train } = preset("text-infilling", {
      train: { file: at("glue-sst2.tsv"), columns },
    });
    expect(await recordsFrom(train)).toEqual([{ text: 'a "fine" film' }, { text: "dull" }]);
  });

  test("labels of a table come from the task's closed set", async () => {
    const columns = {
      image: { column: "path", as: "file" },
      label_name: { column: "kind", as: "label" },
    } as const;
    const files = { file: at("columns.csv"), columns };
    const { train } = preset("image-classification", { train: files, closedSet: ["dot"] });
    expect(await recordsFrom(train)).toMatchObject([{ label_name: "dot" }]);
    const other = preset("image-classification", { train: files, closedSet: ["cross"] });
    await expect(recordsFrom(other.train)).rejects.toThrow(
      '"dot" is not in the closed set (cross)',
    );
  });
});
