/** `onefold recipe` as a user runs it. */

import { expect, it } from "vitest";
import { runOnefold } from "./run-onefold.ts";

it("lists recipes with their claims, sizes and stored verdicts", async () => {
  const { code, stdout } = await runOnefold(["recipe", "list", "--json"]);
  expect(code).toBe(0);
  const rows = JSON.parse(stdout) as { name: string; claim: string; minutes: object }[];
  expect(rows.map(({ name }) => name)).toContain("gated-attention");
  for (const { claim, minutes } of rows) {
    expect(claim.length).toBeGreaterThan(20);
    expect(minutes).toEqual({ quick: expect.any(Number), full: expect.any(Number) });
  }
});

it.each([
  [
    ["recipe", "gated-atention"],
    'no recipe is named "gated-atention"; did you mean gated-attention?',
  ],
  [["recipe", "xyz"], /no recipe is named "xyz"; there are .*gated-attention/],
  [["recipe", "sinks", "--preset", "tiny"], "--preset tiny: expected quick or full"],
])("%j is wrong usage", async (args, message) => {
  const { code, stderr } = await runOnefold(args);
  expect(code).toBe(2);
  expect(stderr).toMatch(message);
});
