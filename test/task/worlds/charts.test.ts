import { expect, test } from "vitest";
import type { Image } from "../../../src/media/types.ts";
import { askCharts, COLOURS, captionCharts, streamWorld } from "../../../src/task/worlds/index.ts";
import { take } from "./take.ts";

/** How many pixels are near a colour, given jitter of 14 and noise. */
function countPixels({ data }: Image, [red, green, blue]: readonly number[]): number {
  let count = 0;
  for (let at = 0; at < data.length; at += 3) {
    const far = Math.max(
      Math.abs(data[at] - red),
      Math.abs(data[at + 1] - green),
      Math.abs(data[at + 2] - blue),
    );
    if (far < 32) count++;
  }
  return count;
}

test("the pixels of a colour follow its value, and answers follow the values", () => {
  for (const { image, parts, kind, question, answer } of take(
    streamWorld(askCharts, 1, "train"),
    300,
  )) {
    const byValue = [...parts].sort((a, b) => b.value - a.value);
    const [first, last] = [byValue[0], byValue[byValue.length - 1]];
    if (first.value > 1.5 * last.value) {
      const [most, least] = [first, last].map((part) => countPixels(image, COLOURS[part.colour]));
      expect(most, question).toBeGreaterThan(least);
    }
    if (kind === "largest") expect(answer).toBe(first.colour);
    if (kind === "smallest") expect(answer).toBe(last.colour);
    if (kind === "count") expect(answer).toBe(`${parts.length}`);
    const asked = parts
      .filter((part) => question.includes(part.colour))
      .sort((a, b) => question.indexOf(a.colour) - question.indexOf(b.colour));
    if (kind === "value") expect(answer).toBe(`${asked[0].value}`);
    if (kind === "compare") expect(answer === "yes").toBe(asked[0].value > asked[1].value);
  }
});

test("held-out charts and wordings are none of training's", () => {
  const key = (parts: readonly { colour: string; value: number }[]) =>
    parts.map((part) => part.colour + part.value).join();
  const train = take(streamWorld(askCharts, 2, "train"), 800);
  const seen = new Set(train.map((sample) => key(sample.parts)));
  const heldout = take(streamWorld(askCharts, 2, "heldout"), 200);
  expect(heldout.some((sample) => seen.has(key(sample.parts)))).toBe(false);
  const questions = new Set(train.map((sample) => sample.question));
  const fresh = heldout.filter((sample) => sample.isNewWording);
  expect(fresh.length).toBeGreaterThan(60);
  expect(fresh.some((sample) => questions.has(sample.question))).toBe(false);
});

test("captions name the kind and the largest colour", () => {
  for (const { caption } of take(streamWorld(captionCharts, 3, "train"), 20)) {
    expect(caption).toMatch(/^a (bar|pie) chart of (three|four|five) colours, \w+ is the largest$/);
  }
});
