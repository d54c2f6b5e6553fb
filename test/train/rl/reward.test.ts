import { expect, it } from "vitest";
import {
  exactMatch,
  type Reward,
  rewardOf,
  softOverlong,
  thinkFormat,
} from "../../../src/train/index.ts";

const answer = (length: number) => ({
  prompt: [1],
  tokens: Array<number>(length).fill(2),
  text: "",
  isComplete: true,
  scores: new Float32Array(length),
});
const judge = (rewards: readonly Reward[], text: string, row = {}, length = 3) =>
  rewardOf(rewards, { text, answer: answer(length), row });

it("weighs rewards, and leaves out those that do not apply", async () => {
  const half: Reward = { name: "half", weight: 0.5, of: () => 3 };
  const none: Reward = { name: "none", of: () => undefined };
  expect(await judge([half, none], "")).toEqual({
    total: 1.5,
    parts: { half: 3, none: undefined },
  });
  expect((await judge([none], "")).total).toBeUndefined();
});

it("waits for asynchronous rewards", async () => {
  const later: Reward = { name: "later", of: async ({ text }) => text.length };
  expect((await judge([later], "four")).total).toBe(4);
});

it.each([
  [
    "throws",
    () => {
      throw new Error("no column");
    },
    'reward "r" of row {"a":1}: no column',
  ],
  [
    "gives NaN",
    () => Number.NaN,
    'reward "r" of row {"a":1} is NaN, expected a finite number or undefined',
  ],
  ["gives infinity", () => Number.POSITIVE_INFINITY, "is Infinity"],
])("names a reward that %s", async (_, of, message) => {
  await expect(judge([{ name: "r", of }], "", { a: 1 })).rejects.toThrow(message);
});

it.each([
  ["42", 1],
  ["<think>\n40+2\n</think>\n\n42", 1],
  ["<think>42</think>\n\n41", 0],
  [" 42 \n", 1],
  ["", 0],
])("exact match of %j is %i", async (text, expected) => {
  expect((await judge([exactMatch()], text, { answer: 42 })).total).toBe(expected);
  expect((await judge([exactMatch("sum")], text, { sum: "42" })).total).toBe(expected);
});

it("says which column is missing", async () => {
  await expect(judge([exactMatch()], "1", { sum: 1 })).rejects.toThrow(
    'column "answer" is undefined, expected a text',
  );
});

it.each([
  ["<think>\na\n</think>\n\nb", 1],
  ["<think>a</think>", 0],
  ["a</think>b", 0],
  ["<think>a<think>b</think>c", 0],
  ["<think>a</think>b</think>c", 0],
  ["b", 0],
])("the format of %j is worth %i", async (text, expected) => {
  expect((await judge([thinkFormat()], text)).total).toBe(expected);
});

it.each([
  [6, 0],
  [8, -0.5],
  [10, -1],
  [12, -1],
])("%i tokens of at most 10, with a margin of 4, cost %f", async (length, expected) => {
  expect((await judge([softOverlong(10, 4)], "", {}, length)).total).toBeCloseTo(expected, 12);
});
