import { Command, InvalidArgumentError } from "commander";
import { expect, test } from "vitest";
import { integer, number, tokenIds } from "../../src/cli/options.ts";
import { addRunOptions } from "../../src/cli/run-options.ts";

test.each([
  ["12", 12],
  ["-3", -3],
])("integer %j", (text, value) => expect(integer()(text)).toBe(value));

test.each(["", "1.5", "1e3", "0x10", "many", "99999999999999999999"])(
  "integer refuses %j",
  (text) => expect(() => integer()(text)).toThrow(InvalidArgumentError),
);

test("ranges are named in the refusal", () => {
  expect(() => number({ min: 0, max: 1 })("1.5")).toThrow("Give a number between 0 and 1.");
  expect(() => integer({ min: 1 })("0")).toThrow("Give a number of at least 1.");
  expect(() => integer({ max: 1 })("2")).toThrow("Give a number of at most 1.");
  expect(() => number()("NaN")).toThrow(InvalidArgumentError);
  expect(number({ min: 0, max: 1 })("1")).toBe(1);
});

test("tokenIds reads a list and nothing else", () => {
  expect(tokenIds("1, 2,3")).toEqual([1, 2, 3]);
  for (const text of ["", "1,,2", "1,-2", "a"]) expect(() => tokenIds(text)).toThrow("token ids");
});

test("what the user does not say stays undefined", () => {
  const parse = (...args: string[]) =>
    addRunOptions(new Command()).parse(args, { from: "user" }).opts();
  expect(parse()).toEqual({});
  expect(parse("--no-think", "--temperature", "0", "--top-k", "20")).toEqual({
    think: false,
    temperature: 0,
    topK: 20,
  });
  expect(parse("--think").think).toBe(true);
});
