/** `onefold play` as a user runs it. */

import { expect, it } from "vitest";
import { runOnefold } from "./run-onefold.ts";

it("lists forty tasks", async () => {
  const { code, stdout } = await runOnefold(["play", "mtr-bench", "--json"]);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toHaveLength(40);
});

it("shows a game of the reference player, the same for the same seed", async () => {
  const args = ["play", "mtr-bench", "MinMax", "--seed", "3", "--player", "oracle"];
  const [first, second] = [await runOnefold(args), await runOnefold(args)];
  expect(first.code).toBe(0);
  expect(first.stdout).toMatch(/> My Query: 1 2[\s\S]*won after 7 turns/);
  expect(second.stdout).toBe(first.stdout);
});

it("plays lines of a pipe, verbs left out, and leaves when they end", async () => {
  const args = ["play", "mtr-bench", "MinMax", "--level", "easy", "--seed", "3"];
  const { code, stdout, stderr } = await runOnefold(args, { input: "1 1\nnonsense\n" });
  expect(code).toBe(1);
  expect(stdout).toMatch(/\n=\nInvalid: /);
  expect(stderr).toContain("you left before the game ended");
});

it.each([
  [["play", "chess"], 'no games of "chess"; expected mtr-bench'],
  [["play", "mtr-bench", "MinMax", "--level", "hrad"], "expected easy, medium or hard"],
])("%j is wrong usage", async (args, message) => {
  const { code, stderr } = await runOnefold(args);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});
