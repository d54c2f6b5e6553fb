import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { appendMetrics, trimMetrics } from "../../src/train/metrics.ts";
import { temporaryFolder } from "./support.ts";

const line = (step: number): string => `{"step":${step}}\n`;

it.each([
  ["steps after the checkpoint", `${line(1)}${line(2)}${line(3)}`, 2, `${line(1)}${line(2)}`],
  ["a torn last line", `${line(1)}${line(2)}{"step":3,"lo`, 5, `${line(1)}${line(2)}`],
  ["everything before the first checkpoint", `${line(1)}${line(2)}`, 0, ""],
  ["nothing that belongs", `${line(1)}${line(2)}`, 2, `${line(1)}${line(2)}`],
])("drops %s", async (_, text, step, expected) => {
  const file = join(temporaryFolder(), "metrics.jsonl");
  writeFileSync(file, text);
  await trimMetrics(file, step);
  expect(readFileSync(file, "utf8")).toBe(expected);
  await appendMetrics(file, { step: 9 });
  expect(readFileSync(file, "utf8")).toBe(`${expected}${line(9)}`);
});

it("needs no file", async () => {
  await expect(trimMetrics(join(temporaryFolder(), "metrics.jsonl"), 3)).resolves.toBeUndefined();
});
