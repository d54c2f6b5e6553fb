import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { Finding } from "../../src/cli/doctor/inspect.ts";
import { runOnefold } from "./run-onefold.ts";

const home = mkdtempSync(join(tmpdir(), "onefold-doctor-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));

function parse(stdout: string): { ok: boolean; byName: Map<string, Finding> } {
  const report: { ok: boolean; findings: Finding[] } = JSON.parse(stdout);
  return { ok: report.ok, byName: new Map(report.findings.map((f) => [f.name, f])) };
}

test("a healthy machine: engine, library, threads and cache are named, exit code 0", async () => {
  const env = { HF_HOME: home, ONEFOLD_ORT_LIBRARY: "", HF_TOKEN: "hf_secret" };
  const { code, stdout, stderr } = await runOnefold(["doctor", "--json"], { env });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const { ok, byName } = parse(stdout);
  expect(ok).toBe(true);
  expect(byName.get("engine")?.value).toMatch(/^ONNX Runtime 1\.\d+\.\d+/);
  expect(byName.get("library")?.value).toMatch(/onnxruntime/);
  expect(byName.get("providers")?.value).toContain("CPUExecutionProvider");
  expect(Number(byName.get("threads")?.value)).toBeGreaterThan(0);
  expect(byName.get("hub cache")?.value).toContain(join(home, "hub"));
  expect(byName.get("hub settings")?.value).toContain("HF_TOKEN");
  expect(stdout).not.toContain("hf_secret");
});

test("a library that is not there: exit code 1, and the fix", async () => {
  const env = { HF_HOME: home, ONEFOLD_ORT_LIBRARY: join(home, "nothing.so") };
  const { code, stdout } = await runOnefold(["doctor", "--json"], { env });
  expect(code).toBe(1);
  const { ok, byName } = parse(stdout);
  expect(ok).toBe(false);
  expect(byName.get("engine")).toMatchObject({ status: "missing" });
  expect(byName.get("engine")?.value).toContain("nothing.so");
  expect(byName.get("engine")?.fix).toContain("ONEFOLD_ORT_LIBRARY");
  const people = await runOnefold(["doctor"], { env });
  expect(people.stdout).toContain("To fix\nengine: unset ONEFOLD_ORT_LIBRARY");
});
