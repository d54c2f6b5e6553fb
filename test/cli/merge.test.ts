/** `onefold merge` as a user runs it. */

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { root, runOnefold } from "./run-onefold.ts";

const folder = mkdtempSync(join(tmpdir(), "onefold-merge-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const adapters = join(root, "test/fixtures/adapters");
const [base, lora, out] = [join(adapters, "base"), join(adapters, "lora"), join(folder, "merged")];

it("writes a model that needs no adapter, and what it was trained with", async () => {
  const trained = join(folder, "lora");
  cpSync(lora, trained, { recursive: true });
  writeFileSync(join(trained, "training.json"), '{"loss_on": "last"}\n');
  const { code, stdout } = await runOnefold(["merge", base, trained, "--out", out, "--json"]);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual({ model: out, changed: 4 });
  expect(readFileSync(join(out, "training.json"), "utf8")).toBe('{"loss_on": "last"}\n');
  const info = await runOnefold(["info", out, "--json"]);
  expect(info.code).toBe(0);
});

it.each([
  [["merge", base, lora], 2, "--out"],
  [["merge", base, lora, "--out", out, "--dtype", "f8"], 2, "--dtype f8: expected f32, f16, bf16"],
  [["merge", base, base, "--out", out], 1, "adapter_config.json"],
  [["merge", "models/onefold-mini", lora, "--out", out], 1, "the adapter is for another base"],
])("%j fails", async (args, expected, message) => {
  const { code, stderr } = await runOnefold(args);
  expect(code).toBe(expected);
  expect(stderr).toContain(message);
});
