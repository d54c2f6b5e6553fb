import { expect, test } from "vitest";
import type { Image } from "../../../src/media/types.ts";
import { readDigits, readText, streamWorld } from "../../../src/task/worlds/index.ts";
import { take } from "./take.ts";

/** Pixels that differ strongly from what most of the picture is, in some channel. */
function countInk({ data }: Image): number {
  const paper = [0, 1, 2].map((channel) => {
    const values = data.filter((_, i) => i % 3 === channel).sort();
    return values[values.length >> 1];
  });
  let count = 0;
  for (let at = 0; at < data.length; at += 3) {
    if (paper.some((value, channel) => Math.abs(data[at + channel] - value) > 60)) count++;
  }
  return count;
}

test("printed texts are visible, short, in lower case, and held out by text", () => {
  const train = take(streamWorld(readText, 1, "train"), 300);
  for (const { image, text } of train.slice(0, 100)) {
    expect(text).toMatch(/^[a-z0-9]{1,8}( [a-z0-9]{1,8})?$/);
    // The thinnest letter, i, has 8 dots; at a scale of one not all of them are dark.
    expect(countInk(image), text).toBeGreaterThanOrEqual(4);
  }
  const seen = new Set(train.map((sample) => sample.text));
  const heldout = take(streamWorld(readText, 1, "heldout"), 300);
  expect(heldout.some((sample) => seen.has(sample.text))).toBe(false);
});

test("digits are written by hands that the other split never sees", () => {
  const train = take(streamWorld(readDigits, 3, "train"), 400);
  const writers = new Set(train.map((sample) => sample.writer));
  const heldout = take(streamWorld(readDigits, 3, "heldout"), 100);
  expect(heldout.some((sample) => writers.has(sample.writer))).toBe(false);
  expect(new Set(train.map((sample) => sample.digit)).size).toBe(10);
  for (const { image, digit } of train.slice(0, 60)) {
    const share = countInk(image) / (64 * 64);
    expect(share, digit).toBeGreaterThan(0.01);
    expect(share, digit).toBeLessThan(0.3);
  }
});
