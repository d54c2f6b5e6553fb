/** docs/tasks.md says what the code has, and its config is one. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readTaskTraining } from "../../../src/task/index.ts";
import { optionRows, presetRows } from "./tables.ts";

const page = readFileSync(resolve(import.meta.dirname, "../../../docs/tasks.md"), "utf8");

test("the page lists every preset and every option", () => {
  expect(page).toContain(`| --- | --- | --- | --- | --- |\n${presetRows().join("\n")}\n`);
  expect(page).toContain(`| --- | --- | --- |\n${optionRows().join("\n")}\n`);
});

test("the config that the page shows is one", async () => {
  const [, yaml] = /^```yaml\n([\s\S]*?)^```$/m.exec(page)!;
  const folder = mkdtempSync(join(tmpdir(), "onefold-docs-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "a.png"), "");
  writeFileSync(join(folder, "signs.jsonl"), '{"img": "a.png", "sign": "stop"}\n');
  writeFileSync(join(folder, "tasks.yaml"), yaml);
  using training = await readTaskTraining(join(folder, "tasks.yaml"));
  const { tasks, model } = training.options;
  expect(tasks.map(({ name, weight }) => [name, weight])).toEqual([
    ["caption", 1],
    ["grounding", 2],
    ["sign", 1],
  ]);
  expect(model.config).toMatchObject({ body: { kind: "ofa" }, image: { size: 32 }, bins: 100 });
});
