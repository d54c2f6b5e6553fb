/** What was prepared as a target is read back as the values that it was made of. */

import { describe, expect, it } from "vitest";
import { binsToBox } from "../../src/media/index.ts";
import type { Box } from "../../src/media/types.ts";
import type { Piece } from "../../src/task/plan.ts";
import { readItems, readValues } from "../../src/task/run/read-answer.ts";
import { BINS, noiseImage, plan, prepare, vocabulary } from "./support.ts";

const image = noiseImage(16, 32);

/** On bins: eighths of the image's sides. */
const boxes = [
  [0, 4, 8, 32],
  [2, 0, 16, 12],
  [6, 8, 10, 16],
] as const;

const box = (ids: readonly number[]): Box =>
  binsToBox(ids.map((id) => id - vocabulary.bins!.start) as unknown as Box, {
    size: [16, 32],
    bins: BINS,
  });

/** Ids of the generated part, without the end. */
async function answerIds(text: string, record: Record<string, unknown>): Promise<number[]> {
  const { target } = await prepare(text, { i: image, ...record });
  if (target.kind !== "tokens") throw new Error("expected tokens");
  return target.ids.slice(target.prefix, -1);
}

function piecesOf(text: string): readonly Piece[] {
  const { target } = plan(text);
  if (target.kind !== "tokens") throw new Error("expected tokens");
  return target.repeated ?? target.generated.map((slot) => ({ kind: "slot", slot }));
}

describe("items", () => {
  it.each([
    "[IMAGE:i] find -> ( [BOX:b] [TEXT:l] )*",
    "[IMAGE:i] find -> ( [TEXT:l] [BOX:b] )*",
    "[IMAGE:i] find -> all: ( [BOX:b] shows [TEXT:l] )*",
    "[IMAGE:i] find -> ( [TEXT:l] at [BOX:b] )*",
    "[IMAGE:i] find -> ( object: [TEXT:l] [BOX:b] ; )*",
  ])("come back: %s", async (text) => {
    const items = ["a cat", "dog", "the red car"].map((l, i) => ({ l, b: boxes[i] }));
    const ids = await answerIds(text, { items });
    expect(readItems(ids, piecesOf(text), vocabulary, box)).toEqual(items);
  });

  it("of text alone come back where fixed words end them", async () => {
    const text = "list -> ( [TEXT:l] ; )*";
    const items = [{ l: "one" }, { l: "two three" }];
    const ids = await answerIds(text, { items });
    expect(readItems(ids, piecesOf(text), vocabulary, box)).toEqual(items);
  });

  it("that were cut short, or are none, are left out", async () => {
    const text = "[IMAGE:i] find -> ( [BOX:b] [TEXT:l] )*";
    const items = [{ b: boxes[0], l: "cat" }];
    const ids = await answerIds(text, { items });
    const bin = vocabulary.bins!.start;
    const pieces = piecesOf(text);
    expect(readItems([...ids, bin, bin + 1], pieces, vocabulary, box)).toEqual(items);
    expect(readItems(vocabulary.encode("no box", true), pieces, vocabulary, box)).toEqual([]);
    expect(readItems([], pieces, vocabulary, box)).toEqual([]);
  });
});

describe("slots", () => {
  it("side by side come back", async () => {
    const text = "[IMAGE:i] find -> [BOX:b] [TEXT:l]";
    const record = { b: boxes[1], l: "two words" };
    const ids = await answerIds(text, record);
    expect(readValues(ids, piecesOf(text), vocabulary, box).values).toEqual(record);
  });

  it("without a whole box have none", () => {
    const pieces = piecesOf("[IMAGE:i] find -> [TEXT:l] [BOX:b]");
    const ids = [...vocabulary.encode("cat", true), vocabulary.bins!.start];
    expect(readValues(ids, pieces, vocabulary, box)).toMatchObject({
      values: { l: "cat" },
      isWhole: false,
    });
  });
});
