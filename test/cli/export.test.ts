import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { root, runOnefold } from "./run-onefold.ts";

const mini = join(root, "models/onefold-mini");

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "onefold-export-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

it("exports GGUF that run and info take as a model", { timeout: 240_000 }, async () => {
  const file = join(temporaryFolder(), "mini.gguf");
  const made = await runOnefold([
    "export",
    mini,
    "--format",
    "gguf",
    "--type",
    "q8_0",
    "--out",
    file,
    "--json",
  ]);
  expect(made.stderr).toBe("");
  expect(JSON.parse(made.stdout)).toEqual({ format: "gguf", out: file });
  const ran = await runOnefold(["run", file, "What is 12 + 30?", "--seed", "1", "--json"]);
  expect(ran.code).toBe(0);
  expect(ran.stdout.length).toBeGreaterThan(0);
  const info = await runOnefold(["info", file, "--json"]);
  expect(JSON.parse(info.stdout)).toMatchObject({
    architecture: "Qwen3ForCausalLM",
    layers: 6,
    stored: { Q8_0: expect.any(Number), f32: expect.any(Number) },
  });
});

it("lists the ports of what transformers.js loads", { timeout: 240_000 }, async () => {
  const out = join(temporaryFolder(), "web");
  const made = await runOnefold([
    "export",
    mini,
    "--format",
    "transformers.js",
    "--out",
    out,
    "--json",
  ]);
  const { inputs } = JSON.parse(made.stdout) as { inputs: { name: string }[] };
  expect(inputs.slice(0, 4).map(({ name }) => name)).toEqual([
    "input_ids",
    "attention_mask",
    "position_ids",
    "past_key_values.0.key",
  ]);
  expect(readdirSync(out)).toContain("onnx");
});

it("refuses a type that the format does not have", { timeout: 60_000 }, async () => {
  const out = join(temporaryFolder(), "x");
  const { code, stderr } = await runOnefold([
    "export",
    mini,
    "--format",
    "onnx",
    "--type",
    "q4_0",
    "--out",
    out,
  ]);
  expect(code).toBe(2);
  expect(stderr).toContain("--type q4_0 does not exist in onnx; choose f32, int8, int4");
});

it("leaves a folder that holds other things alone", { timeout: 60_000 }, async () => {
  const out = temporaryFolder();
  writeFileSync(join(out, "thesis.pdf"), "");
  const asked = ["export", mini, "--format", "safetensors", "--out", out];
  const { code, stderr } = await runOnefold(asked);
  expect(code).toBe(1);
  expect(stderr).toMatch(/it holds "thesis\.pdf".*name a new or empty folder\n$/);
  expect(readdirSync(out)).toEqual(["thesis.pdf"]);
});
