import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { runsFolder, workFolder } from "../../src/cli/runs-option.ts";

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

it("shows what lies in this folder, or in one that exists", () => {
  expect(workFolder(undefined, true)).toBe(resolve("."));
  expect(workFolder(undefined, false)).toBeUndefined();
  expect(workFolder("test", false)).toBe(resolve("test"));
  expect(() => workFolder("none", true)).toThrow("--work none: there is no such folder");
});
