import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { runsFolder } from "../../src/cli/runs-option.ts";

it("takes a folder that exists, and by default `runs`, where there is a page to show it", () => {
  const folder = mkdtempSync(join(tmpdir(), "onefold-runs-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  expect(runsFolder(folder, true)).toBe(folder);
  expect(runsFolder(folder, false)).toBe(folder);
  expect(runsFolder(undefined, true)).toBe(resolve("runs"));
  expect(runsFolder(undefined, false)).toBeUndefined();
  expect(() => runsFolder(join(folder, "none"), true)).toThrow(/--runs .*none: there is no such/);
  mkdirSync(join(folder, "mine"));
  writeFileSync(join(folder, "mine/metrics.jsonl"), "");
  expect(() => runsFolder(join(folder, "mine"), true)).toThrow(/a run itself; give the folder/);
});
